"""Uses the client that was generated from the document as a program of a customer's would."""

import sys

from romashka_client import AuthenticatedClient, Client
from romashka_client.api.auth import post_auth_login
from romashka_client.api.conversations import (
    get_conversations_by_id, list_conversations_by_id_messages, post_conversations)
from romashka_client.models import ConversationCustomer, FirstMessage, Login, NewConversation

url, email, password, tenant = sys.argv[1:]
session = post_auth_login.sync(client=Client(base_url=url), body=Login(email=email, password=password, tenant=tenant))
client = AuthenticatedClient(base_url=url, token=session.access_token)
parcel = NewConversation(
    customer=ConversationCustomer(email="noah@example.com", name="Noah Brown"), subject="Where is my parcel?",
    message=FirstMessage(content="I ordered a week ago."))
opened = post_conversations.sync(client=client, body=parcel, idempotency_key="parcel-1")
again = post_conversations.sync(client=client, body=parcel, idempotency_key="parcel-1")
assert again.id == opened.id, again
read = get_conversations_by_id.sync(opened.id, client=client)
assert read.subject == "Where is my parcel?" and read.message_count == 1 and read.tags == [], read
messages = list_conversations_by_id_messages.sync(opened.id, client=client)
assert [message.content for message in messages.data] == ["I ordered a week ago."], messages
assert messages.next_cursor is None, messages
refused = get_conversations_by_id.sync("01999999-9999-7999-8999-999999999999", client=client)
assert refused.status == 404 and refused.code == "not_found", refused
print(f"the generated client opened and read conversation {read.id}")
