export {
  emptyAuditHead,
  nextAuditEntry,
  promotionRecord,
  verifyAuditLog,
  type AuditEntry,
  type AuditEvent,
  type AuditHead,
  type AuditVerdict,
} from "./audit-log.js";
export { renderCard, type CardFacts, type CardMetric, type CardSlice } from "./card.js";
export type { Evidence, FeatureParityEvidence, GateEvidence, ProbeParityEvidence } from "./evidence.js";
export {
  type FeatureColumn,
  type FileEntry,
  type Manifest,
  type PackageFacts,
  type PackageFileName,
  type Signature,
  type TensorSpec,
} from "./manifest.js";
export { checkName } from "./names.js";
export {
  exportPackage,
  importPackage,
  readPackage,
  writePackage,
  type BlobReader,
  type BlobWriter,
  type ModelPackage,
  type PackageContents,
  type PackageFiles,
} from "./package.js";
export type { Registration, RegistryStore, RetirementRequest } from "./ports.js";
export {
  checkProbes,
  probeBatch,
  type Probe,
  type ProbeBatch,
  type ProbeReport,
  type ProbeSet,
} from "./probe.js";
export {
  decidePromotion,
  promotionRefused,
  type PromotionDecision,
  type PromotionFacts,
  type PromotionRecord,
  type PromotionRequest,
} from "./promotion.js";
export {
  checkRetirable,
  resolveVersion,
  unknownModel,
  versionState,
  type ModelVersion,
  type Retirement,
  type VersionState,
} from "./versions.js";
