-- Which loads a paper proves the delivery of: asked before the paper is forgotten.
CREATE INDEX pod_checks_document ON pod_checks (org_id, document_id);
