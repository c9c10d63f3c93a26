import { connect, createServer } from "node:net";

/** Passes bytes both ways; every answer comes so much later. What passes is not looked at. */
const [port, delayMs] = process.argv.slice(2).map(Number);

const server = createServer({ noDelay: true }, (caller) => {
  const service = connect({ port: port ?? 0, host: "127.0.0.1", noDelay: true });
  caller.pipe(service);
  service.on("data", (chunk) => {
    setTimeout(() => caller.writable && caller.write(chunk), delayMs);
  });
  service.on("close", () => setTimeout(() => caller.destroy(), delayMs));
  service.on("error", () => caller.destroy());
  caller.on("error", () => service.destroy());
  caller.on("close", () => service.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("disconnect", () => process.exit());
