-- One customer's payments, newest first.
CREATE INDEX payments_customer ON payments (org_id, customer_id, id);
