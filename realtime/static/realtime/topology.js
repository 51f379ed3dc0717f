/**
 * Who is connected to whom: as realtime/topology.py has it.
 *
 * @import { Role } from "./protocol.js"
 * @typedef {"star" | "mesh"} Mode
 * @typedef {"both" | "send" | "receive"} Duty What we do on a connection.
 * @typedef {{id: string, role: Role}} End
 */

/**
 * Our part of the connection with another, or null when the room does not connect us. Between two
 * guests of a star there is one only while one of them has the floor.
 * @param {{mode: Mode, me: End, other: End, floor: string | null}} facts
 * @returns {Duty | null}
 */
export function duty({ mode, me, other, floor }) {
  if (mode === "mesh" || me.role === "host" || other.role === "host") return "both";
  if (floor === me.id) return "send";
  return floor === other.id ? "receive" : null;
}
