# It is on for every tenant; an admin switches it off and on.
curl -X PATCH "$URL/v1/modules/sample" -H "Authorization: Bearer $TOKEN" \
    -H "Content-Type: application/json" -d '{"enabled": true}'
curl "$URL/v1/sample/notes" -H "Authorization: Bearer $TOKEN" \
    -H "Content-Type: application/json" -d '{"text": "Calls only after six."}'
