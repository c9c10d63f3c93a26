// A site that says what it was given (GET /env) and ends by itself when it is told to.
import { createServer } from "node:http";

const server = createServer((request, answer) => {
  answer.end(request.url === "/env" ? JSON.stringify(process.env) : "up");
});
console.log("listening");
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close());
