import type { CodegenConfig } from '@graphql-codegen/cli';

// Types of every query the page sends, from the schema that the server prints: a query that does not fit ends the build.
const config: CodegenConfig = {
  schema: '../schema/schema.graphql',
  documents: 'src/**/*.graphql',
  generates: {
    'src/data/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        immutableTypes: true,
        useTypeImports: true,
        skipTypename: false,
        scalars: { DateTime: 'string', Decimal: 'string', ID: 'string' },
        strictScalars: true,
      },
    },
  },
};

export default config;
