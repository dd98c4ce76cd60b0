/** A backfill of a hundred days in ten runs, two at a time, behind what is urgent: played by a rig, and simulated before. */
export const HUNDRED_DAYS_PROJECT = `name: shop
run_queue:
  max_concurrent_runs: 3
  tag_concurrency_limits:
    - { key: branchline/backfill, limit: 2 }
partitions:
  days: { daily: { start: 2026-01-01 } }
assets:
  raw:
    partitions: days
    backfill_policy: { multi_run: { max_partitions_per_run: 10 } }
    run: sh step.sh raw-
  report: { run: sh step.sh report }
schedules:
  nightly: { selection: "key:report", cron: "30 2 * * *", tags: { branchline/priority: "5" } }
`;
export const HUNDRED_DAYS = '2026-01-01...2026-04-10';

/** First days of its ten runs. */
export const HUNDRED_DAYS_CHUNKS = Array.from({ length: 10 }, (_, n) =>
  new Date(Date.UTC(2026, 0, 1 + n * 10)).toISOString().slice(0, 10),
);
