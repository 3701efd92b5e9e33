// graphql-yoga 5 with graphql-ws over ws, set up as its documentation shows.
import { createServer } from 'node:http';
import { GraphQLScalarType } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { every, gpus, port } from '../shared/arguments.mjs';
import { Fleet } from '../shared/fleet.mjs';
import { typeDefs } from '../shared/schema.mjs';

const DateTime = new GraphQLScalarType({ name: 'DateTime', serialize: (date) => date.toISOString() });
const fleet = new Fleet(gpus);
const pubSub = createPubSub();

const yoga = createYoga({
  healthCheckEndpoint: '/readyz',
  graphiql: false,
  schema: createSchema({
    typeDefs,
    resolvers: {
      DateTime,
      Query: { devices: (_, { first }) => ({ nodes: fleet.devices.slice(0, first) }) },
      Subscription: {
        gpuMetrics: { subscribe: () => pubSub.subscribe('gpuMetrics'), resolve: (metrics) => metrics },
      },
    },
  }),
});

const httpServer = createServer(yoga);
const wsServer = new WebSocketServer({ server: httpServer, path: yoga.graphqlEndpoint });

useServer(
  {
    execute: (args) => args.execute(args),
    subscribe: (args) => args.subscribe(args),
    onSubscribe: async (ctx, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...ctx,
        req: ctx.extra.request,
        socket: ctx.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        execute,
        subscribe,
      };
      const errors = validate(args.schema, args.document);
      return errors.length ? errors : args;
    },
  },
  wsServer,
);

every(() => pubSub.publish('gpuMetrics', fleet.tick()));
httpServer.listen(port, '127.0.0.1');
