/** The registries behind `mock://` addresses, whoever asks them: clients that wait with promises, and ones that block. */
import { MockAssociations } from "./mock_associations.ts";
import { MockDeks } from "./mock_deks.ts";
import { MockRouter } from "./mock_router.ts";
import { MockSettings } from "./mock_settings.ts";
import { MockSubjects } from "./mock_subjects.ts";

const shared = new Map<string, MockRouter>();

/** An empty registry. */
export function newRouter(): MockRouter {
  const settings = new MockSettings();
  const subjects = new MockSubjects(settings);
  const associations = new MockAssociations(subjects);
  return new MockRouter({
    ...settings.routes,
    ...subjects.routes,
    ...associations.routes,
    ...new MockDeks().routes,
  });
}

/** The registry of a `mock://` address: a new one, or if it has a name the one that all clients of this process share. */
export function routerOf(url: string): MockRouter {
  const name = url.slice("mock://".length);
  const router = shared.get(name) ?? newRouter();
  if (name !== "") shared.set(name, router);
  return router;
}
