// mercurius 16 on fastify 5, with its just-in-time compiler from the first repetition on.
import Fastify from 'fastify';
import { GraphQLScalarType } from 'graphql';
import mercurius from 'mercurius';
import { every, gpus, port } from '../shared/arguments.mjs';
import { Fleet } from '../shared/fleet.mjs';
import { typeDefs } from '../shared/schema.mjs';

const DateTime = new GraphQLScalarType({ name: 'DateTime', serialize: (date) => date.toISOString() });
const fleet = new Fleet(gpus);
const app = Fastify();

app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  subscription: true,
  resolvers: {
    DateTime,
    Query: { devices: (_, { first }) => ({ nodes: fleet.devices.slice(0, first) }) },
    Subscription: {
      gpuMetrics: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('GPU_METRICS') },
    },
  },
});
app.get('/readyz', () => 'ready');

await app.listen({ port, host: '127.0.0.1' });
every(() => app.graphql.pubsub.publish({ topic: 'GPU_METRICS', payload: { gpuMetrics: fleet.tick() } }));
