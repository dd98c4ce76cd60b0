// Draws the monthly mean of the daily highs of each station, as one SVG that reads well on light and dark pages.
import { readFileSync, writeFileSync } from 'node:fs';

const [header, ...lines] = readFileSync('data/monthly.csv', 'utf8').trim().split('\n');
const names = header.split(',');
const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
const stations = [...new Set(rows.map((row) => row.station))].sort();
const months = [...new Set(rows.map((row) => row.month))].sort();
const colors = ['#0969da', '#bc4c00'];
const x = (month) => 48 + (months.indexOf(month) * 640) / (months.length - 1);
const y = (degrees) => 220 - ((Number(degrees) + 5) * 190) / 40;

const grid = [0, 10, 20, 30].map(
  (t) =>
    `<line x1="48" x2="688" y1="${y(t)}" y2="${y(t)}" stroke="#8888" stroke-width="0.5"/><text x="40" y="${y(t) + 4}" text-anchor="end">${t} °C</text>`,
);
const years = months
  .filter((month) => month.slice(5, 7) === '01')
  .map((month) => `<text x="${x(month)}" y="240">${month.slice(0, 4)}</text>`);
const paths = stations.map((station, i) => {
  const points = rows
    .filter((row) => row.station === station)
    .map((row) => `${x(row.month).toFixed(1)},${y(row.temp_max_mean_c).toFixed(1)}`);
  return `<polyline fill="none" stroke="${colors[i]}" stroke-width="2" points="${points.join(' ')}"/><text x="${56 + i * 110}" y="20" fill="${colors[i]}">${station}</text>`;
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 704 252" font-family="sans-serif" font-size="12" fill="#888">
<title>Mean daily high of each month</title>
${[...grid, ...years, ...paths].join('\n')}
</svg>
`;
writeFileSync('data/temperature.svg', svg);
console.log(`${rows.length} points of ${stations.length} stations`);
