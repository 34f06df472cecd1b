// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "3f381bfb2c42cb92823e5c9a9cf280aab2497a6c0b392d86a402209b3d3f2aac"
