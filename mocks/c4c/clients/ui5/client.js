// OpenUI5's ODataModel v2 in a browser. The page has the tenant's own origin, so that the browser keeps C4C's cookies.
// `client.open(users, useBatch)` comes first, then `client.ask(operation, arguments)` as in ../serve.js.

const SERVICE = "/sap/c4c/odata/v1/chatactivity/";
const CHATS = "/ChatActivityCollection";
const ATTACHMENTS = "/ChatActivityAttachmentCollection";

const models = {};
let ui5;
let seen;

function load(...names) {
  return new Promise((resolve, reject) => window.sap.ui.require(names, (...found) => resolve(found), reject));
}

async function open(users, useBatch) {
  const [ODataModel, Filter, Sorter] = await load(
    "sap/ui/model/odata/v2/ODataModel",
    "sap/ui/model/Filter",
    "sap/ui/model/Sorter",
  );
  ui5 = { Filter, Sorter };
  for (const [user, [name, password]] of Object.entries(users)) {
    models[user] = new ODataModel({
      serviceUrl: SERVICE,
      user: name,
      password,
      useBatch,
      // A technical user needs no CSRF token; on is the model's default.
      tokenHandling: user === "business",
      // OData's own JSON; in C4C's an expanded list would be no list to the model.
      headers: { "odata-v2-strict-json-format": "true" },
    });
    models[user].setDeferredGroups(["files"]);
    await models[user].metadataLoaded(true);
  }
}

/** A method of the model that takes `success` and `error`, as a promise. */
function call(user, method, ...given) {
  const last = typeof given.at(-1) === "object" ? given.pop() : {};
  return new Promise((success, error) => models[user][method](...given, { ...last, success, error }));
}

function technical(method, ...given) {
  return call("technical", method, ...given);
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function attachment({ name, text, ...more }) {
  return { Name: name, TypeCode: "10001", CategoryCode: "2", Binary: base64(text), ...more };
}

function key(set, id) {
  return `${set}('${id}')`;
}

function subjectIs(subject) {
  return [new ui5.Filter("SubjectName", "EQ", subject)];
}

function described({ ObjectID, Name }) {
  return { id: ObjectID, name: Name };
}

/** Reports the first refusal among a batch's responses. */
function checked({ __batchResponses: responses }) {
  const refusal = responses.find((each) => each.response);
  if (refusal) throw refusal.response;
  return responses;
}

/** Sends MERGE with the ETag of what the model has read. */
async function change(chat, subject) {
  await technical("update", key(CHATS, chat), { SubjectName: subject }, {});
}

/** One page of a list as a control asks for it. */
function page(binding, start, length) {
  return new Promise((resolve) => {
    const found = binding.getContexts(start, length);
    if (binding.isLengthFinal() && found.length === Math.min(length, binding.getLength() - start)) resolve(found);
    else binding.attachEventOnce("dataReceived", () => resolve(binding.getContexts(start, length)));
  });
}

const operations = {
  async find({ reference }) {
    const { results } = await technical("read", "/ChatActivityBTDReferenceCollection", {
      filters: [new ui5.Filter("ID", "EQ", reference)],
      urlParameters: { $select: "ObjectID,ParentObjectID" },
    });
    return results.map((each) => each.ParentObjectID);
  },
  async pages({ subject, rows, expand }) {
    const order = [new ui5.Sorter("ObjectID")];
    const parameters = { countMode: "Inline", ...(expand && { expand }) };
    const binding = models.technical.bindList(CHATS, null, order, subjectIs(subject), parameters);
    binding.initialize();
    const found = [];
    do {
      const contexts = await page(binding, found.flat().length, rows);
      found.push(contexts.map((each) => each.getProperty("ObjectID")));
    } while (found.flat().length < binding.getLength());
    binding.destroy(); // else each later write would have it read the list again
    return found;
  },
  async count({ subject }) {
    return Number(await technical("read", `${CHATS}/$count`, { filters: subjectIs(subject) }));
  },
  async expand({ chat }) {
    const $expand = "ChatActivityAttachment,ChatActivityBTDReference";
    const found = await technical("read", key(CHATS, chat), { urlParameters: { $expand } });
    return {
      attachments: found.ChatActivityAttachment.results.map((each) => each.Name),
      references: found.ChatActivityBTDReference.results.map((each) => each.ID),
    };
  },
  async attach({ user = "technical", chat, ...file }) {
    return described(await call(user, "create", `${key(CHATS, chat)}/ChatActivityAttachment`, attachment(file), {}));
  },
  async attachToSet({ chat, ...file }) {
    return described(await technical("create", ATTACHMENTS, { ParentObjectID: chat, ...attachment(file) }, {}));
  },
  async read({ attachment: id }) {
    const urlParameters = { $select: "Name,MimeType,Binary" };
    const found = await technical("read", key(ATTACHMENTS, id), { urlParameters });
    return { name: found.Name, base64: found.Binary };
  },
  async remove({ attachment: id }) {
    await technical("remove", key(ATTACHMENTS, id), {});
  },
  async rename({ chat, subject }) {
    await technical("read", key(CHATS, chat), {});
    await change(chat, subject);
  },
  async keep({ chat }) {
    seen = await technical("read", key(CHATS, chat), {});
  },
  async renameAsRead({ subject }) {
    await change(seen.ObjectID, subject);
  },
  async batch({ user = "technical", chat, files }) {
    const model = models[user];
    model.read(key(CHATS, chat), { groupId: "files" });
    for (const file of files) {
      model.create(
        ATTACHMENTS,
        { ParentObjectID: chat, ...attachment(file) },
        { groupId: "files", changeSetId: "files" },
      );
    }
    const responses = checked(await call(user, "submitChanges", { groupId: "files" }));
    const made = responses.find((each) => each.__changeResponses).__changeResponses;
    return {
      chat: responses.find((each) => each.data?.ObjectID).data.ObjectID,
      made: made.map((each) => ({ status: Number(each.statusCode), name: each.data.Name })),
    };
  },
};

async function ask(operation, given) {
  try {
    return { result: (await operations[operation](given)) ?? null };
  } catch (error) {
    const { statusCode, responseText, body, message } = error;
    const status = statusCode === undefined ? null : Number(statusCode);
    return { error: { status, message: responseText ?? body ?? String(message ?? error), stack: error.stack ?? "" } };
  }
}

window.client = { open, ask };
