#!/usr/bin/env node
// Stands apart from dist/, so that installing does not depend on a build.
import '../dist/cli.js';
