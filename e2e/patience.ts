/** Jest reads a project's own limit for a test from nowhere but here. It only bounds how long a hanging test takes. */
import { jest } from "@jest/globals";

jest.setTimeout(90_000);
