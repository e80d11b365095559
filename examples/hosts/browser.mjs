// The conformance kit in a browser: `node browser.mjs KIT [BROWSER]` serves this folder, the kit and the package
// @dunlin/runtime on this computer alone, opens a page in headless Chromium, and prints what the page found.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const [kit, browser = "chromium"] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const folders = { hosts: here, kit, js: join(here, "../../bindings/js") };
const types = { mjs: "text/javascript", js: "text/javascript", wasm: "application/wasm" };

const page = `<!doctype html><meta charset="utf-8"><title>kit</title><body><pre></pre><script type="module">
  import { conforms } from "/hosts/host.mjs";
  import { load } from "/js/index.js";
  const modules = new Map();
  let [passed, failed] = [0, 0];
  try {
    for (const line of (await (await fetch("/kit/cases.jsonl")).text()).trim().split("\\n")) {
      const { machine, name } = JSON.parse(line);
      if (!modules.has(machine)) {
        modules.set(machine, await WebAssembly.compileStreaming(fetch("/kit/" + machine)));
        await load(fetch("/kit/" + machine));
      }
      const differs = conforms(modules.get(machine), line);
      if (differs) document.querySelector("pre").append(JSON.stringify({ name, differs }) + "\\n");
      differs ? failed++ : passed++;
    }
  } catch (error) {
    failed++;
    document.querySelector("pre").append(String(error) + "\\n");
  }
  await fetch("/done", { method: "POST", body: document.querySelector("pre").textContent + JSON.stringify({ host: "chromium", passed, failed }) });
</script>`;

const server = createServer((request, response) => {
  if (request.url === "/done") return told(request, response);
  if (request.url === "/") return response.setHeader("content-type", "text/html").end(page);
  const [, folder, ...rest] = normalize(request.url).split("/");
  try {
    response.setHeader("content-type", types[request.url.split(".").pop()] ?? "text/plain");
    response.end(readFileSync(join(folders[folder], ...rest)));
  } catch {
    response.writeHead(404).end();
  }
});

function told(request, response) {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    response.end();
    console.log(text);
    process.exitCode = text.endsWith('"failed":0}') ? 0 : 1;
    server.close();
    // The browser writes to its folder until it has ended.
    window.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    window.kill();
  });
}

const profile = mkdtempSync(join(tmpdir(), "kit-"));
let window;
server.listen(0, "127.0.0.1", () => {
  const quiet = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
  const address = `http://127.0.0.1:${server.address().port}/`;
  window = execFile(browser, [...quiet.split(" "), `--user-data-dir=${profile}`, "--remote-debugging-port=0", address]);
});
