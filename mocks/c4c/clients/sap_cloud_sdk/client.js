// SAP Cloud SDK for JavaScript with the client that its generator made of the mock's metadata.

import { createRequire } from "node:module";
import sdk from "@sap-cloud-sdk/http-client";
import v2 from "@sap-cloud-sdk/odata-v2";
import util from "@sap-cloud-sdk/util";
import { base64, serve, serviceUrl, users } from "../serve.js";

const generated = createRequire(import.meta.url)("./generated/chatactivity");
util.setGlobalLogLevel("error");

const service = generated.chatactivity();
const { chatActivityApi: chats, chatActivityAttachmentApi: attachments } = service;
const { asc: ascending } = v2;
let seen;

/** Where the SDK sends requests. Its paths begin with the service's own, which the generator reads nowhere. */
function destination(user = "technical") {
  const [username, password] = users[user];
  return { url: serviceUrl, username, password, authentication: "BasicAuthentication" };
}

function subjectIs(subject) {
  return chats.schema.SUBJECT_NAME.equals(subject);
}

function attachment({ name, text, ...more }) {
  const entity = { name, typeCode: "10001", categoryCode: "2", binary: base64(text) };
  if (more.CategoryCode) entity.categoryCode = more.CategoryCode;
  if (more.parent) entity.parentObjectId = more.parent;
  return attachments.entityBuilder().fromJson(entity);
}

/** A business user needs a token; for a technical user the SDK is told to fetch none. */
function withToken(request, user) {
  return user === "business" ? request : request.skipCsrfTokenFetching();
}

function read(chat) {
  return chats.requestBuilder().getByKey(chat).execute(destination());
}

function update(entity) {
  return withToken(chats.requestBuilder().update(entity)).execute(destination());
}

function described(made) {
  return { id: made.objectId, name: made.name };
}

await serve(
  {
    async find({ reference }) {
      const api = service.chatActivityBtdReferenceApi;
      const request = api.requestBuilder().getAll().filter(api.schema.ID.equals(reference));
      const found = await request.select(api.schema.OBJECT_ID, api.schema.PARENT_OBJECT_ID).execute(destination());
      return found.map((each) => each.parentObjectId);
    },
    async pages({ subject, expand }) {
      // getAll() leaves __next to the caller: the reply's own link is followed with the SDK's client.
      const { OBJECT_ID, CHAT_ACTIVITY_BTD_REFERENCE } = chats.schema;
      const selected = expand ? [OBJECT_ID, CHAT_ACTIVITY_BTD_REFERENCE] : [OBJECT_ID];
      const request = chats.requestBuilder().getAll().filter(subjectIs(subject));
      let reply = await request
        .select(...selected)
        .orderBy(ascending(OBJECT_ID))
        .executeRaw(destination());
      const found = [];
      while (reply) {
        const { results, __next: next } = reply.data.d;
        found.push(results.map((each) => each.ObjectID));
        const url = next?.replace(serviceUrl, "");
        reply = url && (await sdk.executeHttpRequest(destination(), { method: "get", url }));
      }
      return found;
    },
    async count({ subject }) {
      return chats.requestBuilder().getAll().filter(subjectIs(subject)).count().execute(destination());
    },
    async expand({ chat }) {
      const { OBJECT_ID, CHAT_ACTIVITY_ATTACHMENT, CHAT_ACTIVITY_BTD_REFERENCE } = chats.schema;
      const request = chats.requestBuilder().getByKey(chat);
      const found = await request
        .select(OBJECT_ID, CHAT_ACTIVITY_ATTACHMENT, CHAT_ACTIVITY_BTD_REFERENCE)
        .execute(destination());
      return {
        attachments: found.chatActivityAttachment.map((each) => each.name),
        references: found.chatActivityBtdReference.map((each) => each.id),
      };
    },
    async attach({ user, chat, ...file }) {
      const parent = chats.entityBuilder().fromJson({ objectId: chat });
      const request = attachments.requestBuilder().create(attachment(file));
      const child = request.asChildOf(parent, chats.schema.CHAT_ACTIVITY_ATTACHMENT);
      return described(await withToken(child, user).execute(destination(user)));
    },
    async attachToSet({ chat, ...file }) {
      const request = attachments.requestBuilder().create(attachment({ ...file, parent: chat }));
      return described(await withToken(request).execute(destination()));
    },
    async read({ attachment: id }) {
      const { NAME, MIME_TYPE, BINARY } = attachments.schema;
      const request = attachments.requestBuilder().getByKey(id).select(NAME, MIME_TYPE, BINARY);
      const found = await request.execute(destination());
      return { name: found.name, base64: found.binary };
    },
    async remove({ attachment: id }) {
      await withToken(attachments.requestBuilder().delete(id)).execute(destination());
    },
    async rename({ chat, subject }) {
      const found = await read(chat);
      found.subjectName = subject;
      await update(found);
    },
    async keep({ chat }) {
      seen = await read(chat);
    },
    async renameAsRead({ subject }) {
      seen.subjectName = subject;
      await update(seen);
    },
    async replace({ chat, subject }) {
      const found = await read(chat);
      found.subjectName = subject;
      await withToken(chats.requestBuilder().update(found).replaceWholeEntityWithPut()).execute(destination());
    },
    async batch({ user, chat, files }) {
      const writes = files.map((file) => attachments.requestBuilder().create(attachment({ ...file, parent: chat })));
      const reads = chats.requestBuilder().getByKey(chat);
      const request = generated.batch(reads, generated.changeset(...writes));
      const [first, changes] = await withToken(request, user).execute(destination(user));
      if (!changes.isSuccess()) throw changes;
      const made = changes.responses.map((each) => ({ status: each.httpCode, name: each.as(attachments).name }));
      return { chat: first.as(chats)[0].objectId, made };
    },
  },
  describe,
);

function describe(error) {
  if (error.httpCode) return { status: error.httpCode, message: JSON.stringify(error.body) };
  const root = error.rootCause ?? error;
  const { status, data } = root.response ?? {};
  return { status, message: data?.error?.message?.value ?? root.message ?? String(error) };
}
