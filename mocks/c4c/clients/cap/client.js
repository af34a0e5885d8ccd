// CAP with C4C as a remote service of kind odata-v2: queries in CQL over the model that it imported from the metadata.

import { readFileSync } from "node:fs";
import cds from "@sap/cds";
import { attachment, serve, serviceUrl, users } from "../serve.js";

cds.model = cds.linked(cds.compile.for.nodejs(JSON.parse(readFileSync("generated/chatactivity.csn"))));
cds.log.Logger = () => ({ trace() {}, debug() {}, info() {}, log() {}, warn() {}, error() {} });

const services = { technical: await connect("technical"), business: await connect("business") };
const { technical } = services;
const {
  ChatActivityCollection: Chats,
  ChatActivityAttachmentCollection: Attachments,
  ChatActivityBTDReferenceCollection: References,
} = technical.entities;
const { SELECT, INSERT, UPDATE, DELETE } = cds.ql;
let seen;

async function connect(user) {
  const [username, password] = users[user];
  const credentials = { url: serviceUrl, username, password, authentication: "BasicAuthentication" };
  const csrf = user === "business";
  return cds.connect.to(`chatactivity-${user}`, {
    kind: "odata-v2",
    service: "chatactivity",
    credentials,
    csrf,
    csrfInBatch: csrf,
  });
}

function described(made) {
  return { id: made.ObjectID, name: made.Name };
}

await serve(
  {
    async find({ reference }) {
      const found = await technical.run(
        SELECT.from(References).columns("ObjectID", "ParentObjectID").where({ ID: reference }),
      );
      return found.map((each) => each.ParentObjectID);
    },
    async pages({ subject, rows: size, expand }) {
      // CAP drops __next: the caller goes on where the answer ended.
      const found = [];
      const selected = [{ ref: ["ObjectID"] }, ...(expand ? [{ ref: [expand], expand: ["*"] }] : [])];
      let skip = 0;
      for (;;) {
        const query = SELECT.from(Chats).columns(selected).where({ SubjectName: subject }).orderBy("ObjectID");
        const rows = await technical.run(query.limit(size, skip));
        if (rows.length === 0) return found;
        found.push(rows.map((each) => each.ObjectID));
        skip += rows.length;
      }
    },
    async count({ subject }) {
      const query = SELECT.from(Chats).columns("ObjectID").where({ SubjectName: subject }).limit(1);
      query.SELECT.count = true;
      return Number((await technical.run(query)).$count);
    },
    async expand({ chat }) {
      const query = SELECT.one.from(Chats, chat).columns((each) => {
        each.ObjectID;
        each.ChatActivityAttachment((file) => file.Name);
        each.ChatActivityBTDReference((reference) => reference.ID);
      });
      const found = await technical.run(query);
      return {
        attachments: found.ChatActivityAttachment.map((each) => each.Name),
        references: found.ChatActivityBTDReference.map((each) => each.ID),
      };
    },
    async attach({ user = "technical", chat, ...file }) {
      const path = `/ChatActivityCollection('${chat}')/ChatActivityAttachment`;
      return described(await services[user].send({ method: "POST", path, data: attachment(file) }));
    },
    async attachToSet({ chat, ...file }) {
      return described(
        await technical.run(INSERT.into(Attachments).entries({ ParentObjectID: chat, ...attachment(file) })),
      );
    },
    async read({ attachment: id }) {
      const found = await technical.run(SELECT.one.from(Attachments, id).columns("Name", "MimeType", "Binary"));
      return { name: found.Name, base64: found.Binary.toString("base64") };
    },
    async remove({ attachment: id }) {
      await technical.run(DELETE.from(Attachments, id));
    },
    async rename({ chat, subject }) {
      await technical.run(UPDATE(Chats, chat).with({ SubjectName: subject }));
    },
    async keep({ chat }) {
      seen = await technical.run(SELECT.one.from(Chats, chat));
    },
    async renameAsRead({ subject }) {
      // In C4C's own shape CAP leaves __metadata where it is; in OData's it becomes $metadata.
      const headers = { "If-Match": seen.__metadata.etag };
      await technical.send({ query: UPDATE(Chats, seen.ObjectID).with({ SubjectName: subject }), headers });
    },
    async longFilter({ references }) {
      const found = await technical.run(
        SELECT.from(References)
          .columns("ID")
          .where({ ID: { in: references } }),
      );
      return found.map((each) => each.ID);
    },
  },
  (error) => {
    const { response } = error.reason ?? {};
    return { status: response?.status, message: response?.body?.error?.message?.value ?? error.message };
  },
);
