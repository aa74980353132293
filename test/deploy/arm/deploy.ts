import { createHash } from 'node:crypto';
import type { ArmParameter, ArmTemplate } from '../tools';
import { type Expression, parseExpression } from './expression';

/** Where a template is deployed to, as far as its expressions can ask. */
export interface Place {
  readonly cloud?: 'AzureCloud' | 'AzureUSGovernment';
  readonly group?: string;
  readonly subscription?: string;
}

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly apiVersion: string;
  readonly body: Json;
  /** The names that it waits for, of any type. */
  readonly dependsOn: readonly string[];
}

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json } & { readonly length?: Json };

export interface Deployed {
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  of(type: string): readonly Resource[];
  one(type: string): Resource;
}

/**
 * Computes what Azure would be asked to make: parameters are held to their rules, names and conditions are computed, nested templates are
 * opened. What only Azure knows (`reference`) becomes a text that says what was asked for.
 */
export function deploy(template: ArmTemplate, given: Readonly<Record<string, unknown>>, place: Place = {}): Deployed {
  const run = new Run(template, given, place);
  const resources = run.resources();
  const outputs = Object.fromEntries(
    Object.entries(template.outputs ?? {}).map(([name, { value }]) => [name, run.compute(value)]),
  );
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    resources,
    outputs,
    of,
    one(type) {
      const [first, ...more] = of(type);
      if (first === undefined || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} of ${type}`);
      return first;
    },
  };
}

type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const hash = (length: number, parts: readonly unknown[]): string =>
  createHash('sha256').update(parts.map(text).join('\0')).digest('hex').slice(0, length);

function cidrSubnet(range: string, size: number, index: number): string {
  const [address = '', length = ''] = range.split('/');
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + index * 2 ** (32 - size);
  if (index >= 2 ** (size - Number(length))) throw new Error(`${range} has no ${index}. part of /${size}`);
  return `${[24, 16, 8, 0].map((bits) => Math.floor(start / 2 ** bits) % 256).join('.')}/${size}`;
}

const plain: Functions = {
  format: (pattern: string, ...args: unknown[]) => pattern.replace(/\{(\d+)\}/g, (_, i) => text(args[Number(i)])),
  concat: (...args: unknown[]) => (Array.isArray(args[0]) ? args.flat() : args.join('')),
  uniqueString: (...parts: unknown[]) => `u${hash(12, parts)}`,
  guid: (...parts: unknown[]) => hash(32, parts).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  take: (of: string | unknown[], n: number) => of.slice(0, n),
  replace: (of: string, old: string, by: string) => of.replaceAll(old, by),
  toLower: (of: string) => of.toLowerCase(),
  startsWith: (of: string, start: string) => of.toLowerCase().startsWith(start.toLowerCase()),
  endsWith: (of: string, end: string) => of.toLowerCase().endsWith(end.toLowerCase()),
  contains: (of: string | unknown[], part: string) => of.includes(part),
  split: (of: string, by: string) => of.split(by),
  length: (of: string | unknown[] | object) =>
    (typeof of === 'string' || Array.isArray(of) ? of : Object.keys(of)).length,
  empty: (of: string | unknown[] | null) => of === null || of.length === 0,
  equals: (a: unknown, b: unknown) => (typeof a === 'string' ? a.toLowerCase() === text(b).toLowerCase() : a === b),
  not: (a: boolean) => !a,
  and: (...all: boolean[]) => all.every(Boolean),
  or: (...all: boolean[]) => all.some(Boolean),
  greater: (a: number, b: number) => a > b,
  less: (a: number, b: number) => a < b,
  add: (a: number, b: number) => a + b,
  mul: (a: number, b: number) => a * b,
  int: (of: string | number) => {
    if (!/^\d+$/.test(String(of))) throw new Error(`Not a whole number: ${of}`);
    return Number(of);
  },
  string: (of: unknown) => text(of),
  bool: (of: unknown) => String(of).toLowerCase() === 'true' || of === 1,
  json: (of: string) => JSON.parse(of),
  uriComponent: (of: string) => encodeURIComponent(of),
  createArray: (...all: unknown[]) => all,
  createObject: (...all: unknown[]) =>
    Object.fromEntries(all.flatMap((key, i) => (i % 2 === 0 ? [[key, all[i + 1]]] : []))),
  union: (...all: object[]) => Object.assign({}, ...all),
  resourceId: (type: string, ...names: string[]) => `/${type}/${names.join('/')}`,
  subscriptionResourceId: (type: string, ...names: string[]) => `/subscription/${type}/${names.join('/')}`,
  extensionResourceId: (scope: string, type: string, ...names: string[]) => `${scope}/${type}/${names.join('/')}`,
  cidrSubnet,
  true: () => true,
  false: () => false,
  null: () => null,
  fail: (why: string) => {
    throw new Error(why);
  },
};

class Run {
  readonly #template: ArmTemplate;
  readonly #place: Place;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #modules = new Map<string, Deployed>();

  constructor(template: ArmTemplate, given: Readonly<Record<string, unknown>>, place: Place) {
    this.#template = template;
    this.#place = place;
    const rules = template.parameters ?? {};
    for (const name of Object.keys(given)) if (rules[name] === undefined) throw new Error(`Unknown parameter: ${name}`);
    this.#parameters = given;
    for (const [name, rule] of Object.entries(rules)) checkParameter(name, this.#parameter(name), rule);
  }

  resources(): readonly Resource[] {
    return this.#template.resources.flatMap((resource) => {
      const count = Object(resource.copy).count;
      const times = count === undefined ? 1 : (this.compute(count) as number);
      return Array.from({ length: times }, (_, i) => this.#resource(resource, i)).flat();
    });
  }

  #resource(resource: Readonly<Record<string, unknown>>, index: number): readonly Resource[] {
    if (resource.condition !== undefined && this.compute(resource.condition, index) !== true) return [];
    const name = this.compute(resource.name, index) as string;
    if (resource.type === 'Microsoft.Resources/deployments') return this.#module(name).resources;
    const { dependsOn = [], copy: _, ...body } = resource;
    return [
      {
        type: resource.type as string,
        name,
        apiVersion: resource.apiVersion as string,
        body: this.compute(body, index) as Json,
        dependsOn: (this.compute(dependsOn, index) as string[]).map((id) => id.split('/').at(-1) ?? ''),
      },
    ];
  }

  #module(name: string): Deployed {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const found = this.#template.resources.find(
      (resource) => resource.type === 'Microsoft.Resources/deployments' && this.compute(resource.name) === name,
    );
    const { template, parameters } = Object(found).properties as {
      template: ArmTemplate;
      parameters: Readonly<Record<string, unknown>>;
    };
    const given = Object.entries(parameters).map(([key, of]) => [key, (this.compute(of) as { value: unknown }).value]);
    const made = deploy(template, Object.fromEntries(given), this.#place);
    this.#modules.set(name, made);
    return made;
  }

  #parameter(name: string): unknown {
    const given = this.#parameters[name];
    if (given !== undefined) return given;
    const rule = this.#template.parameters?.[name];
    if (rule?.defaultValue === undefined) throw new Error(`Missing parameter: ${name}`);
    return this.compute(rule.defaultValue);
  }

  compute(value: unknown, index = 0): unknown {
    if (typeof value === 'string') {
      if (value.startsWith('[[')) return value.slice(1);
      return value.startsWith('[') && value.endsWith(']')
        ? this.#evaluate(parseExpression(value.slice(1, -1)), index)
        : value;
    }
    if (Array.isArray(value)) return value.map((item) => this.compute(item, index));
    if (value === null || typeof value !== 'object') return value;
    const { copy, ...rest } = value as Record<string, unknown>;
    const made = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, this.compute(item, index)]));
    for (const { name, count, input } of Array.isArray(copy) ? copy : []) {
      const times = this.compute(count, index) as number;
      made[name] = Array.from({ length: times }, (_, i) => this.compute(input, i));
    }
    return made;
  }

  #evaluate(expression: Expression, index: number): unknown {
    switch (expression.type) {
      case 'value':
        return expression.value;
      case 'member': {
        const of = this.#evaluate(expression.of, index);
        const key = this.#evaluate(expression.key, index) as string;
        if (typeof of === 'string') return `${of}.${key}`;
        const found = (of as Readonly<Record<string, unknown>>)[key];
        if (found === undefined) throw new Error(`Nothing there is called ${key}`);
        return found;
      }
      case 'call':
        return this.#call(expression, index);
    }
  }

  #call({ name, args }: Extract<Expression, { type: 'call' }>, index: number): unknown {
    const value = (i: number) => this.#evaluate(args[i] as Expression, index);
    switch (name) {
      case 'if':
        return value(0) === true ? value(1) : value(2);
      case 'parameters':
        return this.#parameter(value(0) as string);
      case 'variables':
        return this.#variable(value(0) as string, index);
      case 'copyIndex':
        return index;
      case 'reference': {
        const id = value(0) as string;
        const module = /^\/Microsoft\.Resources\/deployments\/(.+)$/.exec(id)?.[1];
        if (module === undefined) return `reference(${id})`;
        const { outputs } = this.#module(module);
        return { outputs: Object.fromEntries(Object.entries(outputs).map(([key, out]) => [key, { value: out }])) };
      }
      case 'listKeys':
        return { keys: [0, 1].map((i) => ({ value: `listKeys(${value(0)})[${i}]` })) };
      default:
        return (
          this.#about(name) ??
          this.#plain(
            name,
            args.map((_, i) => value(i)),
          )
        );
    }
  }

  #about(name: string): unknown {
    const { cloud = 'AzureCloud', group = 'group', subscription = 'subscription' } = this.#place;
    const isUs = cloud === 'AzureUSGovernment';
    switch (name) {
      case 'resourceGroup':
        return { id: `/subscriptions/${subscription}/resourceGroups/${group}`, location: 'region', name: group };
      case 'subscription':
        return { subscriptionId: subscription, id: `/subscriptions/${subscription}` };
      case 'tenant':
        return { tenantId: '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11' };
      case 'environment':
        // learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-deployment#environment
        return {
          name: cloud,
          suffixes: isUs
            ? { storage: 'core.usgovcloudapi.net', keyvaultDns: '.vault.usgovcloudapi.net' }
            : { storage: 'core.windows.net', keyvaultDns: '.vault.azure.net' },
          authentication: { loginEndpoint: `https://login.microsoftonline.${isUs ? 'us' : 'com'}/` },
        };
      default:
        return undefined;
    }
  }

  #plain(name: string, args: readonly unknown[]): unknown {
    const known = plain[name];
    if (known === undefined) throw new Error(`Unknown function: ${name}`);
    return known(...(args as never[]));
  }

  #variable(name: string, index: number): unknown {
    const variables = this.#template.variables ?? {};
    if (name in variables) return this.compute(variables[name], index);
    const copies = (variables.copy ?? []) as ReadonlyArray<{ name: string; count: unknown; input: unknown }>;
    const copy = copies.find((each) => each.name === name);
    if (copy === undefined) throw new Error(`Unknown variable: ${name}`);
    return Array.from({ length: this.compute(copy.count) as number }, (_, i) => this.compute(copy.input, i));
  }
}

function checkParameter(name: string, value: unknown, rule: ArmParameter): void {
  const refuse = (why: string) => {
    throw new Error(`${name} ${why}`);
  };
  const type = Array.isArray(value) ? 'array' : typeof value === 'number' ? 'int' : typeof value;
  if (
    type !== rule.type.replace('secureString', 'string').replace('boolean', 'bool').replace('securestring', 'string') &&
    !(type === 'boolean' && rule.type === 'bool')
  )
    refuse(`is a ${type} and no ${rule.type}`);
  if (rule.allowedValues?.includes(value) === false) refuse('is none of the allowed values');
  const size = type === 'int' ? (value as number) : (value as string).length;
  const [least, most] = type === 'int' ? [rule.minValue, rule.maxValue] : [rule.minLength, rule.maxLength];
  if (least !== undefined && size < least) refuse(`is under ${least}`);
  if (most !== undefined && size > most) refuse(`is over ${most}`);
}
