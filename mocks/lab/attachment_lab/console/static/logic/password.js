// What the documentation says of a service user's password. The mocks check it again, by themselves.

const SIGNS = "¤£€½§";

/** Why a password would be refused, "" if it would not; the password is not repeated. @param {string} password */
export function passwordProblem(password) {
  const at = [...password].findIndex((character) => character < " " || character > "~") + 1;
  if (at === 0) return "";
  const why = SIGNS.includes([...password][at - 1])
    ? `one of ${[...SIGNS].join(" ")}`
    : "no letter of the Latin alphabet, digit or common sign";
  return `Character ${at} is ${why}. Choose a password without it.`;
}
