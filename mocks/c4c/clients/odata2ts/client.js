// odata2ts with the services that its generator made of the mock's metadata, on Node's own fetch.

import { createRequire } from "node:module";
import { FetchClient } from "@odata2ts/http-client-fetch";
import withCookies from "fetch-cookie";
import { attachment, serve, serviceUrl, users } from "../serve.js";

const generated = createRequire(import.meta.url)("./generated/ChatactivityService");

// Its fetch client keeps no cookies, as in a browser the browser does.
globalThis.fetch = withCookies(fetch);

// Its models are of OData's own JSON: C4C answers that with this header.
const STRICT = { "odata-v2-strict-json-format": "true" };

function service(user, url = serviceUrl) {
  const [name, password] = users[user];
  const Authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
  const csrf = { useCsrfProtection: user === "business", csrfTokenFetchUrl: serviceUrl };
  const client = new FetchClient({ headers: { Authorization, ...STRICT } }, csrf);
  return new generated.ChatactivityService(client, url.replace(/\/$/, ""));
}

const services = { technical: service("technical"), business: service("business") };
const technical = services.technical;
let seen;

function described({ data: { d } }) {
  return { id: d.ObjectID, name: d.Name };
}

async function rename({ chat, subject }) {
  await technical.ChatActivityCollection(chat).patch({ SubjectName: subject });
}

await serve(
  {
    async find({ reference }) {
      const found = await technical
        .ChatActivityBTDReferenceCollection()
        .query((query, row) => query.filter(row.ID.eq(reference)).select("ObjectID", "ParentObjectID"));
      return found.data.d.results.map((each) => each.ParentObjectID);
    },
    async pages({ subject, expand }) {
      const first = await technical.ChatActivityCollection().query((query, row) => {
        query.filter(row.SubjectName.eq(subject)).orderBy(row.ObjectID.asc());
        if (expand) query.expand(expand);
      });
      const found = [];
      // It leaves __next to the caller; the link is complete.
      for (let page = first; page; page = await next(page)) {
        found.push(page.data.d.results.map((each) => each.ObjectID));
      }
      return found;
    },
    async count({ subject }) {
      const found = await technical
        .ChatActivityCollection()
        .query((query, row) => query.filter(row.SubjectName.eq(subject)).count().top(1));
      return Number(found.data.d.__count);
    },
    async expand({ chat }) {
      const found = await technical
        .ChatActivityCollection(chat)
        .query((query) => query.expand("ChatActivityAttachment", "ChatActivityBTDReference"));
      const { ChatActivityAttachment: files, ChatActivityBTDReference: references } = found.data.d;
      return { attachments: files.map((each) => each.Name), references: references.map((each) => each.ID) };
    },
    async attach({ user = "technical", chat, ...file }) {
      return described(
        await services[user].ChatActivityCollection(chat).ChatActivityAttachment().create(attachment(file)),
      );
    },
    async attachToSet({ chat, ...file }) {
      const body = { ParentObjectID: chat, ...attachment(file) };
      return described(await technical.ChatActivityAttachmentCollection().create(body));
    },
    async read({ attachment: id }) {
      const found = await technical
        .ChatActivityAttachmentCollection(id)
        .query((query) => query.select("Name", "MimeType", "Binary"));
      return { name: found.data.d.Name, base64: found.data.d.Binary };
    },
    async remove({ attachment: id }) {
      await technical.ChatActivityAttachmentCollection(id).delete();
    },
    rename,
    async keep({ chat }) {
      seen = (await technical.ChatActivityCollection(chat).query()).data.d;
    },
    async renameAsRead({ subject }) {
      const request = { headers: { "If-Match": seen.__metadata.etag } };
      await technical.ChatActivityCollection(seen.ObjectID).patch({ SubjectName: subject }, request);
    },
  },
  (error) => ({ status: error.status, message: error.cause?.message ?? error.message }),
);

async function next({ data }) {
  const { __next: url } = data.d;
  return url && technical.__base.client.get(url);
}
