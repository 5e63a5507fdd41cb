\set n :n + 1
\set id permute(:n * :clients + :client_id, :size, 42)
SELECT book(:id, :id, :id, 'internet');
