import { createServer } from "node:http";
import { closeServer, listen } from "../listen.ts";
import type { Closable } from "../contracts.ts";

/**
 * A page of another site that opens an address in a pop-up window, as the compliance portal does;
 * its title says when that window is closed. `localhost`: to a browser another site than 127.0.0.1.
 */
export async function startPortalPage(popUpAddress: string): Promise<Closable & { url: string }> {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html").end(toHtml(popUpAddress));
  });
  const port = await listen(server);
  return {
    url: `http://localhost:${port}/`,
    close: () => closeServer(server),
  };
}

function toHtml(address: string): string {
  return `<!doctype html><html lang="en"><title>open</title><link rel="icon" href="data:," />
<h1>Portal</h1><button>Connect</button><script>
document.querySelector("button").addEventListener("click", () => {
  const opened = window.open(${JSON.stringify(address)}, "connector", "popup,width=600,height=800");
  const timer = setInterval(() => {
    if (opened.closed) { document.title = "closed"; clearInterval(timer); }
  }, 50);
});
</script></html>`;
}
