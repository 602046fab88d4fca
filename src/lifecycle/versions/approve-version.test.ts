import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { edited, tripsConfig } from "../../../test/support/trips.js";
import { approveVersion, archiveVersion, rejectVersion, standingOf } from "./approve-version.js";
import type { Project } from "../project.js";
import { promoteOnRecord, rollBack } from "./promote.js";
import { train } from "../train/train.js";
import { trainedProject, type TrainedProject } from "../train/trained-project.testing.js";

let trained: TrainedProject;
beforeAll(async () => {
  trained = await trainedProject();
});
afterAll(() => trained.close());

const model = "late-trip";
const moreTrees = edited(tripsConfig, "trees: 12", "trees: 13");

/** The project as if its configuration asked for approvals. */
function governed(project: Project, rule: { by: number; names?: readonly string[] }): Project {
  const models = project.models.map((each) => ({ ...each, approvals: { champion: rule } }));
  return { ...project, models };
}
const champion = async ({ registry }: Project) => (await registry.resolve(model, "champion")).version;

describe("where the configuration asks for people", () => {
  test("a trained version waits as a candidate, and is promoted once enough of them approved", async () => {
    const project = governed(await trained.copyWith(moreTrees), { by: 2, names: ["ann", "bob"] });
    const result = await train(project, model);
    expect(result).toMatchObject({ promoted: false, version: 2, reasons: ["approved by 0 of 2"] });
    const opinion = { model, ref: "2", reason: "figures look right" };
    await expect(approveVersion(project, { ...opinion, by: "eve" })).rejects.toMatchObject({
      code: "MW1131",
    });
    await expect(promoteOnRecord(project, opinion)).rejects.toMatchObject({ code: "MW0615" });

    const first = await approveVersion(project, { ...opinion, by: "ann" });
    expect(first.waitsFor).toMatchObject({ alias: "champion", by: 2, approvedBy: ["ann"] });
    await approveVersion(project, { ...opinion, by: "ann" });
    await expect(promoteOnRecord(project, opinion)).rejects.toMatchObject({
      code: "MW0615",
      found: "approved by 1 of 2: ann",
    });
    await approveVersion(project, { ...opinion, by: "bob" });
    expect(await champion(project)).toBe(1);
    const record = await promoteOnRecord(project, opinion);
    expect(record.decision.verdict).toBe("promote");
    expect(record.facts.approvedBy).toEqual(["ann", "bob"]);
    expect(await champion(project)).toBe(2);
    // What is true already is not done again.
    expect(await promoteOnRecord(project, opinion)).toEqual(record);
    expect(await standingOf(project, await project.registry.resolve(model, "2"))).toMatchObject({
      stage: "production",
      waitsFor: null,
    });

    // The way back needs no new approval; the way to a version that was never approved does.
    expect((await rollBack(project, { model, ref: "1" })).decision.verdict).toBe("promote");
  });

  test("a roll-back is no way around them", async () => {
    const project = governed(await trained.copyWith(moreTrees), { by: 1 });
    await train(project, model);
    await expect(rollBack(project, { model, ref: "2" })).rejects.toMatchObject({ code: "MW0615" });
    expect(await champion(project)).toBe(1);
  });

  test("an approval does not outlive the evidence that it was given on", async () => {
    const project = governed(await trained.copyWith(moreTrees), { by: 1 });
    await train(project, model);
    await approveVersion(project, { model, ref: "2", by: "ann", reason: "yes" });
    const version = await project.registry.resolve(model, "2");
    const last = (await project.registry.promotions(model)).at(-1);
    if (last === undefined) throw new Error("nothing was judged");
    const fresh = last.request.evidence.map((one) => ({ ...one, detail: `${one.detail}, measured again` }));
    await project.registry.promote({ ...last.request, evidence: fresh });
    await expect(promoteOnRecord(project, { model, ref: "2" })).rejects.toMatchObject({ code: "MW0615" });
    expect((await standingOf(project, version)).waitsFor?.approvedBy).toEqual([]);
  });
});

test("a rejected version stays out, an archived one too, and the champion can be neither", async () => {
  const project = await trained.copyWith(moreTrees);
  await train(project, model);
  await promoteOnRecord(project, { model, ref: "1", alias: "challenger" });
  const why = { model, by: "ann", reason: "biased" };
  await expect(rejectVersion(project, { ...why, ref: "2" })).rejects.toMatchObject({ code: "MW0610" });
  expect(await rejectVersion(project, { ...why, ref: "challenger" })).toMatchObject({ version: 1 });
  const version = await project.registry.resolve(model, "1");
  expect(await standingOf(project, version)).toMatchObject({ stage: "rejected", waitsFor: null });
  await expect(rollBack(project, { model, ref: "1" })).rejects.toMatchObject({
    code: "MW0609",
    found: "version 1 was rejected",
  });
  expect((await archiveVersion(project, { model, ref: "1", reason: "old" })).state.kind).toBe("retired");
  await expect(rejectVersion(project, { ...why, ref: "1" })).rejects.toMatchObject({ code: "MW0617" });
});

test("evidence against a champion that was replaced since does not count", async () => {
  const project = governed(await trained.copyWith(moreTrees), { by: 1 });
  await train(project, model);
  const other = { ...project, models: trained.project.models };
  await approveVersion(project, { model, ref: "2", by: "ann", reason: "yes" });
  // Version 3 becomes the champion meanwhile, without people.
  const evenMore = await trained.copyWith(edited(tripsConfig, "trees: 12", "trees: 14"));
  const third = await train(evenMore, model);
  const { packageId } = await evenMore.registry.resolve(model, String(third.version));
  await project.registry.register({ model, packageId, runId: null });
  const last = (await evenMore.registry.promotions(model)).at(-1);
  if (last === undefined) throw new Error("nothing was judged");
  const record = await other.registry.promote({ ...last.request, version: 3, comparedWith: 1 });
  expect(record.decision.verdict).toBe("promote");
  await expect(promoteOnRecord(project, { model, ref: "2" })).rejects.toMatchObject({
    code: "MW0609",
    found: "the evidence compares with version 1, but version 3 is champion now",
  });
});
