/** ESLint looks for faults; Biome keeps the format. */

import lit from 'eslint-plugin-lit';
import wc from 'eslint-plugin-wc';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist', 'src/data/generated'] },
  {
    files: ['**/*.ts'],
    extends: [
      ...typescript.configs.recommendedTypeChecked,
      lit.configs['flat/recommended'],
      wc.configs['flat/recommended'],
    ],
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['codegen.ts'] }, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    settings: { wc: { elementBaseClasses: ['LitElement', 'PageElement'] } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-param-reassign': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      '@typescript-eslint/require-await': 'off', // a fake of an asynchronous function need not wait
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'lit/ban-attributes': ['error', 'style'], // the content security policy drops them
      'lit/lifecycle-super': 'error',
      'lit/no-classfield-shadowing': 'error',
      'lit/no-invalid-escape-sequences': 'error',
      'lit/no-property-change-update': 'error',
      'lit/no-this-assign-in-render': 'error',
      'lit/no-useless-template-literals': 'error',
      'lit/value-after-constraints': 'error',
      'wc/guard-super-call': 'off', // Lit always has the method that is called
      'wc/require-listener-teardown': 'error',
      'wc/tag-name-matches-class': 'error',
    },
  },
  {
    // Only `src/data` talks to the server: components ask it, they never build messages.
    files: ['src/**/*.ts'],
    ignores: ['src/data/**'],
    rules: {
      'no-restricted-globals': ['error', 'fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource'],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['graphql-ws', '**/generated/*'], message: 'Ask through a function of src/data.' }] },
      ],
    },
  },
  {
    files: ['src/data/**/*.ts', 'src/format/**/*.ts', 'src/i18n/**/*.ts', 'src/base/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '**/app/*',
                '**/parts/*',
                '**/overview/*',
                '**/devices/*',
                '**/nodes/*',
                '**/mig/*',
                '**/settings/*',
              ],
              message: 'What is below does not know what shows it.',
            },
          ],
        },
      ],
    },
  },
);
