// A client in the manner of old tutorials: net.createConnection, write on connect, end on data.
const net = require('net');
const [host, port, word] = process.argv.slice(2);

const client = net.createConnection({ host, port: Number(port) }, () => {
    client.write(word);
});

client.on('data', (data) => {
    process.stdout.write(data.toString());
});

client.on('end', () => {
    console.log('Disconnected from server');
});

// Holds the connection, and with it the motion, until told.
process.stdin.on('end', () => client.end());
process.stdin.resume();
