-- Copied to every node: small, read by every decision, changed by imports alone.
SELECT create_reference_table('installation');
SELECT create_reference_table('contact_key');
SELECT create_reference_table('specialty');
SELECT create_reference_table('facility');
SELECT create_reference_table('resource');
SELECT create_reference_table('client');
SELECT create_reference_table('client_function');

-- With the facility.
SELECT create_distributed_table('slot', 'facility');
SELECT create_distributed_table('claim_place', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('entry', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('ticket_counter', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('outbox', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('template', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('template_moved', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('card', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('referral', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('claim_referral', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('hold', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('entry_version', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('cancellation', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('waiting', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('offered', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('claim_sending', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('delivery', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('reminded', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('webhook_outbox', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('claim_webhook', 'facility', colocate_with => 'slot');
SELECT create_distributed_table('webhook_delivery', 'facility', colocate_with => 'slot');

-- With the person.
SELECT create_distributed_table('person', 'person', colocate_with => 'none');
SELECT create_distributed_table('claim_specialty', 'person', colocate_with => 'person');
SELECT create_distributed_table('claim_time', 'person', colocate_with => 'person');
SELECT create_distributed_table('claim_day', 'person', colocate_with => 'person');
SELECT create_distributed_table('idempotency', 'person', colocate_with => 'person');
SELECT create_distributed_table('given_up', 'person', colocate_with => 'person');
SELECT create_distributed_table('claim_hold', 'person', colocate_with => 'person');
SELECT create_distributed_table('claim_waiting', 'person', colocate_with => 'person');

-- With the request.
SELECT create_distributed_table('audit', 'request', colocate_with => 'none');
SELECT create_distributed_table('audit_unsealed', 'request', colocate_with => 'audit');
SELECT create_distributed_table('audit_seal', 'request', colocate_with => 'audit');

-- With the node.
SELECT create_distributed_table('audit_chain', 'node', colocate_with => 'none');
