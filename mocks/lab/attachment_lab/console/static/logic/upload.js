// Whether a file may be sent, before a byte of it is.

import { humanSize } from "./text.js";

/**
 * @typedef {{ most: number, mostName: number, limits?: Record<string, number> | null }} Limits
 *   sizes in bytes; a name's length in characters
 */

/**
 * Why a file cannot be sent; empty when it can.
 *
 * @param {{ name: string, type: string, size: number }} file
 * @param {Limits} limits
 */
export function refusalOf({ name, type, size }, { most, mostName, limits }) {
  const kind = ["image", "audio", "video"].find((each) => type.startsWith(`${each}/`)) ?? "document";
  if ([...name].length > mostName) return `Its name is longer than ${mostName} characters; rename it.`;
  if (size > most) return `It is larger than ${humanSize(most)}, the most these pages take.`;
  const limit = limits?.[kind];
  return limit && size > limit ? `This channel takes ${kind} files of at most ${humanSize(limit)}.` : "";
}

/** How far an upload is, in words. @param {number} loaded @param {number} total @param {number} size */
export function progressWords(loaded, total, size) {
  if (loaded === total) return `${humanSize(size)} · handing over`;
  return `${total ? Math.floor((loaded / total) * 100) : 100} % of ${humanSize(size)}`;
}

/**
 * Why a chat takes no files; empty when it does.
 *
 * @param {boolean} direct
 * @param {{ name: string, files: boolean } | undefined} channel
 */
export function noFilesReason(direct, channel) {
  if (direct) return "Direct chats do not support attachments. Start a chat that goes to a queue to send files.";
  return channel && !channel.files ? `${channel.name} carries text only. Choose another channel to send files.` : "";
}
