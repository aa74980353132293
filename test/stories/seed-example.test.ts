import { seconds } from '../../src/lib/clock';
import { ana, bo, Stage, seedExample } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

test("the seed page's example goes from a channel message to its last result", async () => {
  const thread = await stage.ask(ana, seedExample);
  expect(stage.submissions).toEqual([]);
  await stage.approve(bo);
  await stage.pass(seconds(60));
  console.log(stage.thread(thread));
  console.log(stage.submissions);
  console.log(stage.chat(bo));
});
