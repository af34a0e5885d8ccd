import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordProblem } from "../../attachment_lab/console/static/logic/password.js";

test("letters of the Latin alphabet, digits and common signs pass", () => {
  assert.equal(passwordProblem("Odata-Access-2026 ~!\"#$%&'()*+,-./:;<=>?@[]^_`{|}"), "");
  assert.equal(passwordProblem(""), "");
});

test("the position of the first wrong character is named and the password is not repeated", () => {
  assert.match(passwordProblem("Grünkohl"), /^Character 3 is no letter of the Latin alphabet/);
  assert.match(passwordProblem("costs 5 €"), /^Character 9 is one of ¤ £ € ½ §\./);
  assert.match(passwordProblem("🙂ab"), /^Character 1 /);
  assert.ok(!passwordProblem("Geheim-ø").includes("Geheim"));
});
