/** The associations of the mock registry: which subjects hold the schemas of which resources. */
import type { JsonRecord } from "./json.ts";
import { flag, type MockCall, MockRefusal, type MockRoutes, page } from "./mock_router.ts";
import type { MockSubjects } from "./mock_subjects.ts";
import type { Association, AssociationRequest, AssociationRequestInfo } from "./schema.ts";

/** Associations by resource. */
export class MockAssociations {
  readonly #subjects: MockSubjects;
  #list: readonly Association[] = [];

  constructor(subjects: MockSubjects) {
    this.#subjects = subjects;
  }

  /** What is answered about associations. */
  get routes(): MockRoutes {
    return {
      "POST /associations": ({ body }) => this.#create(body as unknown as AssociationRequest),
      "PUT /associations": ({ body }) => this.#create(body as unknown as AssociationRequest),
      "GET /associations/subjects/:subject": (call) =>
        this.#wanted(call, (each) => each.subject === call.part("subject")),
      "GET /associations/resources/:namespace/:name": (call) =>
        this.#wanted(
          call,
          ({ resourceNamespace, resourceName }) =>
            [resourceNamespace, "-"].includes(call.part("namespace")) && resourceName === call.part("name"),
        ),
      "GET /associations/resources/:id": (call) => this.#wanted(call, (each) => each.resourceId === call.part("id")),
      "DELETE /associations/resources/:id": (call) => this.#delete(call),
    };
  }

  #wanted(call: MockCall, isOfResource: (each: Association) => boolean): Association[] {
    return page(this.#list.filter((each) => isOfResource(each) && isWanted(each, call.query)), call.query);
  }

  #create(request: AssociationRequest): JsonRecord {
    const { resourceName, resourceNamespace, resourceId, resourceType = "topic" } = request;
    const resource = { resourceName, resourceNamespace, resourceId, resourceType };
    const made = request.associations.map((info) => this.#made(resource, info));
    const others = this.#list.filter((each) => !made.some((one) => isSame(one, each)));
    this.#list = [...others, ...made];
    const associations = made.map(({ subject, associationType, lifecycle, frozen }, index) => {
      const { schema } = request.associations[index]!;
      return { subject, associationType, lifecycle, frozen, ...(schema && { schema }) };
    });
    return { ...resource, associations };
  }

  #made(resource: Omit<Association, "subject" | "associationType">, info: AssociationRequestInfo): Association {
    const { associationType = "value", schema, normalize = false } = info;
    const before = this.#list.find((each) => isSame(each, { ...resource, associationType }));
    const { resourceNamespace, resourceName } = resource;
    const subject = info.subject ?? before?.subject ?? `:.${resourceNamespace}:${resourceName}-${associationType}`;
    if (before?.frozen && before.subject !== subject) {
      throw new MockRefusal(409, 40909, `The association of "${resource.resourceName}" is frozen`);
    }
    if (schema !== undefined) this.#subjects.register(subject, schema as unknown as JsonRecord, normalize);
    else if (!this.#subjects.has(subject)) throw new MockRefusal(404, 40401, `Subject '${subject}' not found.`);
    const { lifecycle = before?.lifecycle ?? "WEAK", frozen = before?.frozen ?? false } = info;
    return { ...resource, subject, guid: before?.guid ?? crypto.randomUUID(), associationType, lifecycle, frozen };
  }

  #delete({ part, query }: MockCall): void {
    const isGone = (each: Association) => each.resourceId === part("id") && isWanted(each, query);
    for (const { subject, lifecycle } of this.#list.filter(isGone)) {
      if (lifecycle === "STRONG" && flag(query, "cascadeLifecycle")) this.#subjects.remove(subject);
    }
    this.#list = this.#list.filter((each) => !isGone(each));
  }
}

function isWanted({ resourceType, associationType, lifecycle }: Association, query: URLSearchParams): boolean {
  const types = query.getAll("associationType");
  return (query.get("resourceType") ?? resourceType) === resourceType &&
    (types.length === 0 || types.includes(associationType)) &&
    (query.get("lifecycle") ?? lifecycle) === lifecycle;
}

/** Of a resource there is one association of each type. */
function isSame(
  one: Pick<Association, "resourceId" | "resourceType" | "associationType">,
  other: Pick<Association, "resourceId" | "resourceType" | "associationType">,
): boolean {
  return one.resourceId === other.resourceId && one.resourceType === other.resourceType &&
    one.associationType === other.associationType;
}
