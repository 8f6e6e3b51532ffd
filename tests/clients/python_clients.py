"""The official Python clients behind the gateway. Arguments: its address. The secret: STRIPE_KEY."""

import json
import os
import sys

import anthropic
import openai
import slack_sdk

BASE, SECRET = sys.argv[1], os.environ["STRIPE_KEY"]
PROMPT = f"Use the key {SECRET} for the request."
SCHEMA = {"type": "object", "properties": {"url": {"type": "string"}}}


def check(text, calls):
    """Text keeps the reference; of tool calls the one that is allowed has the value."""
    assert "SECRETREF_stripe_key_" in text and SECRET not in text, text
    for name, arguments in calls.items():
        bearer = arguments["headers"]["Authorization"]
        allowed = name == "http_request"
        assert (bearer == f"Bearer {SECRET}") == allowed, (name, bearer)
        assert ("SECRETREF_stripe_key_" in bearer) != allowed, (name, bearer)
    assert "http_request" in calls


def openai_chat(client):
    tools = [{"type": "function", "function": {"name": "http_request", "parameters": SCHEMA}}]
    request = {"model": "m", "messages": [{"role": "user", "content": PROMPT}], "tools": tools}
    message = client.chat.completions.create(**request).choices[0].message
    check(message.content, {call.function.name: json.loads(call.function.arguments) for call in message.tool_calls})
    text, names, arguments = "", {}, {}
    for chunk in client.chat.completions.create(**request, stream=True):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        for call in delta.tool_calls or []:
            if call.function.name:
                names[call.index] = call.function.name
            arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
    check(text, {names[index]: json.loads(whole) for index, whole in arguments.items()})


def openai_responses(client):
    tools = [{"type": "function", "name": "http_request", "parameters": SCHEMA, "strict": False}]
    request = {"model": "m", "input": PROMPT, "tools": tools}
    response = client.responses.create(**request)
    check(response.output_text, {response.output[1].name: json.loads(response.output[1].arguments)})
    numbers, deltas, done, final = [], "", None, None
    for event in client.responses.create(**request, stream=True):
        numbers.append(event.sequence_number)
        if event.type == "response.function_call_arguments.delta":
            deltas += event.delta
        if event.type == "response.function_call_arguments.done":
            done = event.arguments
        if event.type == "response.completed":
            final = event.response
    assert numbers == list(range(len(numbers))), numbers
    assert deltas == done == final.output[1].arguments
    check(final.output_text, {"http_request": json.loads(done)})


def anthropic_messages(client):
    tools = [{"name": "http_request", "description": "d", "input_schema": SCHEMA}]
    request = {"model": "m", "max_tokens": 100, "system": PROMPT, "messages": [{"role": "user", "content": PROMPT}], "tools": tools}
    message = client.messages.create(**request)
    check(message.content[0].text, {block.name: block.input for block in message.content[1:]})
    with client.messages.stream(**request) as stream:
        message = stream.get_final_message()
    check(message.content[0].text, {block.name: block.input for block in message.content[1:]})


def refused(call, error):
    try:
        call()
    except error as refusal:
        assert "keepmum did not send this request" in str(refusal), refusal
        assert SECRET not in str(refusal)
        return
    raise AssertionError("it was sent")


def main():
    chat = openai.OpenAI(base_url=f"{BASE}/openai/v1", api_key="not looked at", max_retries=0)
    openai_chat(chat)
    openai_responses(chat)
    refused(lambda: chat.chat.completions.create(model=SECRET, messages=[]), openai.BadRequestError)
    messages = anthropic.Anthropic(base_url=f"{BASE}/anthropic", api_key="not looked at", max_retries=0)
    anthropic_messages(messages)
    refused(lambda: messages.messages.create(model=SECRET, max_tokens=1, messages=[]), anthropic.BadRequestError)
    slack = slack_sdk.WebClient(token="not looked at", base_url=f"{BASE}/slack/")
    assert slack.chat_postMessage(channel="C1", text=PROMPT, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": PROMPT}}])["ok"]
    assert slack.chat_update(channel="C1", ts="1.1", text=PROMPT)["ok"]
    hook = slack_sdk.WebhookClient(f"{BASE}/slack-hooks/services/T0/B0/x")
    assert hook.send(text=PROMPT).status_code == 200
    print("python: good")


main()
