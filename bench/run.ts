import { join } from 'node:path';
import { measureApprovals } from './approvals';
import { measureColdStart } from './cold-start';
import { toText } from './report';
import { openWorld } from './world';

async function main(): Promise<void> {
  const world = await openWorld();
  try {
    console.time('a');
    console.log(toText([await measureApprovals(world, { rounds: 3, requests: 10 })]));
    console.timeEnd('a');
    console.log(toText([await measureColdStart(world, { rounds: 5, service: join(process.cwd(), 'dist/index.js') })]));
    console.timeEnd('a');
  } finally {
    await world.close();
  }
}

void main();
