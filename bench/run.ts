import { toText } from './report';
import { measureTurns } from './turns';
import { openWorld } from './world';

async function main(): Promise<void> {
  const world = await openWorld();
  try {
    const section = await measureTurns(world, { rounds: 5, turns: 60, load: 800, connections: 16 });
    console.log(toText([section]));
  } finally {
    await world.close();
  }
}

void main();
