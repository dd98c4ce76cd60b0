import { gitStateStoreContract } from '../testing/contracts/git-state-store.ts';

gitStateStoreContract('mixed');
