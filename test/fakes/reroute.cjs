// Loaded before a program under test (node --require): every TLS connection ends on this machine, whatever host it is meant for. The name
// stays, so that certificates are compared as always. Hosts in REROUTE_CLOSED are not there.
const tls = require('node:tls');

const connect = tls.connect;
const port = Number(process.env.REROUTE_PORT);
const closed = (process.env.REROUTE_CLOSED ?? '').split(',');

tls.connect = (...args) => {
  const [options, ...rest] = args;
  if (typeof options !== 'object') throw new Error('Only connections by options are known here.');
  const servername = options.servername || options.host;
  const isClosed = closed.includes(servername);
  return connect.call(tls, { ...options, servername, host: '127.0.0.1', port: isClosed ? 1 : port }, ...rest);
};
