// @odata/client, which names C4C as one of its targets.

import odata from "@odata/client";
import withCookies from "fetch-cookie";
import { attachment, serve, serviceUrl, users } from "../serve.js";

const CHATS = "ChatActivityCollection";
const ATTACHMENTS = "ChatActivityAttachmentCollection";

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const fetches = { technical: fetch, business: withCookies(fetch) };

/** The library's own way to see the reply: it does not tell a caller the status. */
function proxy(user) {
  return async (url, init) => {
    const response = await fetches[user](url, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    const content = isJson ? JSON.parse(text) : text;
    const isRefused = !response.ok && response.headers.get("x-csrf-token")?.toLowerCase() !== "required";
    if (isRefused) throw new Refusal(response.status, content.error?.message?.value ?? text);
    return { content, response };
  };
}

function client(user = "technical", headers = {}) {
  const [username, password] = users[user];
  return odata.OData.New({
    serviceEndpoint: serviceUrl,
    credential: { username, password },
    commonHeaders: { "odata-v2-strict-json-format": "true", ...headers },
    // "c4c" fetches CSRF tokens and gives each part of a batch a Content-Length.
    variant: user === "business" ? "c4c" : "default",
    fetchProxy: proxy(user),
  });
}

const technical = client();
const business = client("business");
let seen;

async function rename({ chat, subject }) {
  await technical.getEntitySet(CHATS).update(chat, { SubjectName: subject });
}

await serve(
  {
    async find({ reference }) {
      const { filter, param } = { filter: technical.newFilter(), param: technical.newOptions() };
      const options = param.filter(filter.field("ID").eqString(reference)).select(["ObjectID", "ParentObjectID"]);
      const found = await technical.getEntitySet("ChatActivityBTDReferenceCollection").query(options);
      return found.map((each) => each.ParentObjectID);
    },
    async pages({ subject, expand }) {
      const filter = technical.newFilter().field("SubjectName").eqString(subject);
      const options = technical.newOptions().filter(filter).orderby("ObjectID", "asc");
      let next = `${CHATS}?${expand ? options.expand([expand]) : options}`;
      const found = [];
      while (next) {
        const { d } = await technical.newRequest({ collection: next.replace(serviceUrl, "") });
        found.push(d.results.map((each) => each.ObjectID));
        next = d.__next;
      }
      return found;
    },
    async count({ subject }) {
      return technical.getEntitySet(CHATS).count(technical.newFilter().field("SubjectName").eqString(subject));
    },
    async expand({ chat }) {
      const options = technical.newOptions().expand(["ChatActivityAttachment", "ChatActivityBTDReference"]);
      const found = await technical.getEntitySet(CHATS).retrieve(chat, options);
      const rows = (value) => value.results ?? value;
      return {
        attachments: rows(found.ChatActivityAttachment).map((each) => each.Name),
        references: rows(found.ChatActivityBTDReference).map((each) => each.ID),
      };
    },
    async attach({ user, chat, ...file }) {
      const target = user === "business" ? business : technical;
      const { d } = await target.newRequest({
        collection: `${CHATS}('${chat}')/ChatActivityAttachment`,
        method: "POST",
        entity: attachment(file),
      });
      return { id: d.ObjectID, name: d.Name };
    },
    async attachToSet({ chat, ...file }) {
      const made = await technical.getEntitySet(ATTACHMENTS).create({ ParentObjectID: chat, ...attachment(file) });
      return { id: made.ObjectID, name: made.Name };
    },
    async read({ attachment: id }) {
      const options = technical.newOptions().select(["Name", "MimeType", "Binary"]);
      const found = await technical.getEntitySet(ATTACHMENTS).retrieve(id, options);
      return { name: found.Name, base64: found.Binary };
    },
    async remove({ attachment: id }) {
      await technical.getEntitySet(ATTACHMENTS).delete(id);
    },
    rename,
    async keep({ chat }) {
      seen = await technical.getEntitySet(CHATS).retrieve(chat);
    },
    async renameAsRead({ subject }) {
      const careful = client("technical", { "If-Match": seen.__metadata.etag });
      await careful.getEntitySet(CHATS).update(seen.ObjectID, { SubjectName: subject });
    },
    async batch({ user, chat, files }) {
      const target = user === "business" ? business : technical;
      // The library measures and sends only text; each write is a change set of its own.
      const writes = files.map((file) =>
        target.newBatchRequest({
          collection: ATTACHMENTS,
          method: "POST",
          entity: JSON.stringify({ ParentObjectID: chat, ...attachment(file) }),
        }),
      );
      const read = target.newBatchRequest({ collection: CHATS, id: chat });
      const [first, ...answers] = await target.execBatchRequests([read, ...writes]);
      const made = await Promise.all(
        answers.map(async (each) => ({ status: each.status, name: (await each.json()).d?.Name })),
      );
      return { chat: (await first.json()).d.ObjectID, made };
    },
  },
  (error) => ({ status: error.status, message: error.message }),
);
