// The endpoint's happy path in Node's own modules: an example to start from, not a service to run.
// It checks a token's signature, but it has no durability, no memory of what it has stored, and no retry.
// `attachment-lab conform` shows what that costs: ../README.md
import crypto from "node:crypto";
import http from "node:http";
import https from "node:https";
import tls from "node:tls";

const { ENDPOINT_PATH, HTTPS_PROXY, PORT, TOKEN_AUDIENCE, TOKEN_ISSUERS, TOKEN_SCOPE } = process.env;
const C4C = "/sap/c4c/odata/v1/chatactivity";

/** A TLS connection through the proxy; NODE_EXTRA_CA_CERTS names its authority. */
function tunnel(host, port) {
  const proxy = new URL(HTTPS_PROXY);
  return new Promise((resolve, reject) => {
    const connect = http.request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:${port}` });
    connect.on("connect", (_, socket) => resolve(tls.connect({ socket, servername: host })));
    connect.on("error", reject).end();
  });
}

/** One request; the answer's bytes. */
async function call(address, { method = "GET", headers = {}, body } = {}) {
  const url = new URL(address);
  const socket = await tunnel(url.hostname, url.port || 443);
  return new Promise((resolve, reject) => {
    const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
    const options = { method, headers: { Accept: "application/json", ...length, ...headers }, createConnection: () => socket, defaultPort: 443 };
    const request = https.request(url, options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece)).on("error", reject);
      answer.on("end", () => {
        socket.destroy();
        if (answer.statusCode < 300) resolve(Buffer.concat(pieces));
        else reject(new Error(`${method} ${url.pathname}: ${answer.statusCode}`));
      });
    });
    request.on("error", reject).end(body);
  });
}

const read = (part) => JSON.parse(Buffer.from(part, "base64url"));
const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const accepts = (issuer) => TOKEN_ISSUERS.split(",").some((each) =>
  each.endsWith("*") ? issuer.startsWith(each.slice(0, -1)) : issuer === each);

/** Whether the token is signed by an accepted issuer and good for this endpoint now. */
async function isGood(token) {
  const [head, payload, signature] = token.split(".");
  const { alg, kid } = read(head);
  const { iss, aud, exp, scope } = read(payload);
  if (alg !== "ES256" || !accepts(iss) || ![aud].flat().includes(TOKEN_AUDIENCE)) return false;
  const { keys } = JSON.parse(await call(`${iss}/.well-known/jwks.json`));
  const key = crypto.createPublicKey({ key: keys.find((each) => each.kid === kid), format: "jwk" });
  const signed = Buffer.from(`${head}.${payload}`);
  return crypto.verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))
    && exp * 1000 > Date.now() && scope.split(" ").includes(TOKEN_SCOPE);
}

/** Read the chat's files from CMI and upload each to the chat's activity in C4C. */
async function transfer({ cmi_url: cmi, cmi_user: user, contact_id: chat, sap_v1: c4c }, headers) {
  const login = { Authorization: basic(user, headers["x-cmi-password"]), "x-api-key": headers["x-cmi-api-key"] };
  const sap = { Authorization: basic(c4c.user, headers["x-sap-v1-password"]) };
  const history = JSON.parse(await call(`${cmi}/chats/${chat}`, { headers: login }));
  const query = `$filter=${encodeURIComponent(`ID eq '${chat}'`)}&$select=ParentObjectID&$format=json`;
  const found = JSON.parse(await call(`${c4c.url}${C4C}/ChatActivityBTDReferenceCollection?${query}`, { headers: sap }));
  const activity = found.d.results[0].ParentObjectID;
  for (const file of history.messages.flatMap((message) => message.attachments || [])) {
    const content = await call(file.url.includes("://") ? file.url : cmi + file.url, { headers: login });
    await call(`${c4c.url}${C4C}/ChatActivityCollection('${activity}')/ChatActivityAttachment`, {
      method: "POST",
      headers: { ...sap, "Content-Type": "application/json" },
      body: JSON.stringify({ TypeCode: "10001", CategoryCode: "2", Name: file.name, MimeType: file.content_type, Binary: content.toString("base64") }),
    });
  }
}

http.createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const [scheme, token] = (request.headers.authorization || "").split(" ");
  const good = scheme === "Bearer" && (await isGood(token).catch(() => false));
  response.writeHead(request.url !== ENDPOINT_PATH ? 404 : good ? 202 : 401).end();
  if (good) transfer(JSON.parse(Buffer.concat(pieces)), request.headers).catch((error) => console.error(error.message));
}).listen(Number(PORT), "127.0.0.1");
