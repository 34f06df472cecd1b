// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "e6a4f073ebf4bfedb01c7066a54eb2c9884623cfeece9d0a2ae4bc7d998d938e"
