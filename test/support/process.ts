/** What this process holds: threads and file descriptors, where the system tells. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** The number of this process's threads that librdkafka started; 0 where the system does not tell. */
export function librdkafkaThreadCount(): number {
  return list("/proc/self/task").filter((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, "utf8").startsWith("rdk:");
    } catch {
      return false; // It ended between the listing and the look.
    }
  }).length;
}

/** The number of open file descriptors; 0 where the system does not tell. */
export function descriptorCount(): number {
  return list("/proc/self/fd").length;
}

/** Bytes of memory in use by this process. */
export function residentBytes(): number {
  return process.memoryUsage().rss;
}

function list(folder: string): string[] {
  return process.platform === "linux" ? readdirSync(folder) : [];
}
