// What the clients share: operations on request, one JSON line each, and the tenant's real address.
//
// Each client.js is a program that plays a customer's. It is called with `{"operation", "arguments"}` on standard input
// and answers `{"result"}` or `{"error": {"status", "message"}}` on the file descriptor C4C_ANSWERS, so that a library
// may write to standard output what it likes.
//
// A library has the tenant's own address (https; its certificate is checked, see NODE_EXTRA_CA_CERTS); only the
// connection goes to the mock, like curl's --connect-to. So every link that the mock writes can be followed.

import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";

const { C4C_HOST, C4C_PORT, C4C_USERS, C4C_ANSWERS } = process.env;

/** Root of the service `chatactivity` of the tenant, with a slash at the end. */
export const serviceUrl = `https://${C4C_HOST}/sap/c4c/odata/v1/chatactivity/`;

/**
 * Name and password. `technical`: the user of the communication arrangement, who needs no CSRF token;
 * `business`: a person, who needs one.
 */
export const users = JSON.parse(C4C_USERS);

/** The body of a new attachment; Binary is its content in Base64. */
export function attachment({ name, text, ...more }) {
  return { Name: name, TypeCode: "10001", CategoryCode: "2", Binary: base64(text), ...more };
}

/** Text as Base64. */
export function base64(text) {
  return Buffer.from(text, "utf8").toString("base64");
}

/** Answer operations until standard input ends. `describe`: a library's error as its HTTP status and C4C's text. */
export async function serve(operations, describe) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { operation, arguments: given } = JSON.parse(line);
    writeSync(Number(C4C_ANSWERS), `${JSON.stringify(await answer(operations[operation], given, describe))}\n`);
  }
}

async function answer(operation, given, describe) {
  if (!operation) return { error: { status: null, message: "this client has no such operation" } };
  try {
    return { result: (await operation(given)) ?? null };
  } catch (error) {
    const { status = null, message = "" } = describe(error);
    return { error: { status, message: String(message), stack: error.stack } };
  }
}

const connect = Socket.prototype.connect;
Socket.prototype.connect = function connectToTheMock(...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  if (options.host !== C4C_HOST) throw new Error(`${options.host} is not the tenant: clients call nothing else`);
  Object.assign(options, { host: "127.0.0.1", port: Number(C4C_PORT) });
  return connect.apply(this, given);
};
