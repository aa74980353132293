import { createServer, type Server } from 'node:net';
import { requireFreePorts } from '../../../trial/local/free-port';

const listen = (): Promise<{ server: Server; port: number }> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 });
    });
  });

test('a port in use is told with what needs it and what to do', async () => {
  const { server, port } = await listen();
  const wanted = { port, host: '127.0.0.1', what: 'the bot', variable: 'PORT' };
  await expect(requireFreePorts([wanted])).rejects.toThrow(
    `Port ${port} is in use by another program (another trial?), and the bot needs it. Stop that program, or set PORT to a free port.`,
  );
  await new Promise((resolve) => server.close(resolve));
  await expect(requireFreePorts([wanted])).resolves.toBeUndefined();
});
