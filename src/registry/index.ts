export { approvalRecord, checkApproval, checkPerson, promotionFacts } from "./approvals.js";
export type { ApprovalRequest } from "./approval-request.js";
export type { Approval } from "./approvals.js";
export { emptyAuditHead, nextAuditEntry, promotionRecord, requireWholeLog } from "./audit-log.js";
export { verifyAuditLog, type AuditEntry, type AuditEvent, type AuditHead } from "./audit-log.js";
export { cardText, renderCard } from "./card.js";
export type { CardFacts, CardFairness, CardMetric, CardSlice } from "./card.js";
export type { Evidence, FeatureParityEvidence, GateEvidence, ProbeParityEvidence } from "./evidence.js";
export type { FeatureColumn, FeatureFacts, FeatureManifest, FileEntry, GraphHeader } from "./manifest.js";
export type { Manifest, PackageFileName, Signature, TensorFacts, TensorManifest } from "./manifest.js";
export type { TensorSignature, TensorSpec } from "./manifest.js";
export { checkName } from "./names.js";
export { exportPackage, importPackage, readFeaturePackage, readPackage, writePackage } from "./package.js";
export type { BlobReader, BlobWriter, FeaturePackage, ModelPackage, PackageFiles } from "./package.js";
export type { Holding, Registration, RegistryStore, RejectionRequest, RetirementRequest } from "./ports.js";
export { parseProbeFile, type GivenProbes } from "./probe-file.js";
export { checkProbes, probeBatch, type Probe } from "./probe.js";
export type { ProbeBatch, ProbeReport, ProbeSet } from "./probe.js";
export {
  decidePromotion,
  evidenceHash,
  promotionRefused,
  type ApprovalRule,
  type PromotionDecision,
  type PromotionFacts,
  type PromotionRecord,
  type PromotionRequest,
} from "./promotion.js";
export { checkAgainstLog, holdsOf, replayAuditLog } from "./replay-audit-log.js";
export { probeRanges, seededInputs } from "./seeded-probes.js";
export { contractChanges, memberChanges, semanticVersion } from "./semantic-version.js";
export type { ContractChange, ModelContract, NumberedContract, RequestField } from "./semantic-version.js";
export { movedBy, stageOf, transition, versionState, type Stage, type VersionState } from "./stage.js";
export { tensorDifference, tensorProblem, tensorText } from "./tensor.js";
export type { TensorType, TensorValue, Tensors } from "./tensor.js";
export { checkTensorProbes, loadTensors, storeTensors, type TensorProbeSet } from "./tensor-probe.js";
export { tensorSignature } from "./tensor-signature.js";
export { parseReference, resolveVersion, unknownModel, type ModelVersion } from "./versions.js";
