// An echo with the package `ws`: says on stdout where it listens, and serves until it is killed.
const { WebSocketServer } = require("ws");

// Without compression, as all others here.
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("connection", (client) => client.on("message", (data, isBinary) => client.send(data, { binary: isBinary })));
server.on("listening", () => {
  const { address, port } = server.address();
  console.log(`ws ${address}:${port}\nready`);
});
