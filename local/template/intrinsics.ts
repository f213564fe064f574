import type { Template } from './assembly.ts';
import { Refusal } from '../refusal.ts';

/** What a template's expressions may ask for. */
export interface Answers {
  /** A pseudo parameter (`AWS::Region`), or undefined. */
  readonly pseudo: (name: string) => unknown;
  /** What a parameter is given, or undefined: its default counts then. */
  readonly parameter: (name: string) => unknown;
  readonly ref: (id: string) => string;
  readonly attribute: (id: string, attribute: string) => string;
}

/** `AWS::NoValue`: the property is as if it were not there. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Evaluates CloudFormation's intrinsic functions as far as CDK writes them:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export class Intrinsics {
  readonly #template: Template;
  readonly #answers: Answers;

  constructor(template: Template, answers: Answers) {
    this.#template = template;
    this.#answers = answers;
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first && entries.length === 1 && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      return this.#call(first[0], first[1]);
    }
    const resolved = entries.map(([name, item]) => [name, this.resolve(item)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE));
  }

  /** Whether a named condition of the template holds. */
  holds(name: string): boolean {
    const condition = this.#template.Conditions?.[name];
    if (condition === undefined) throw new Refusal(`The template names the condition ${name}, but has none: add it.`);
    return this.#truth(condition);
  }

  #call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Fn::GetAtt': {
        const [id = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.#answers.attribute(id, rest.join('.'));
      }
      case 'Fn::Join': {
        const [separator, parts] = this.resolve(argument) as [string, unknown[]];
        return parts.map(String).join(separator);
      }
      case 'Fn::Sub':
        return this.#sub(argument);
      case 'Fn::If': {
        const [condition, yes, no] = argument as [string, unknown, unknown];
        return this.resolve(this.holds(condition) ? yes : no);
      }
      case 'Fn::Select': {
        const [index, parts] = this.resolve(argument) as [number | string, unknown[]];
        return parts[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, whole] = this.resolve(argument) as [string, string];
        return whole.split(separator);
      }
      default:
        throw new Refusal(
          `The template has ${name} ${JSON.stringify(argument)}, which the local host does not evaluate: write it without.`,
        );
    }
  }

  #ref(id: string): unknown {
    if (id === 'AWS::NoValue') return NO_VALUE;
    const pseudo = this.#answers.pseudo(id);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#template.Parameters?.[id];
    return parameter ? (this.#answers.parameter(id) ?? parameter.Default ?? '') : this.#answers.ref(id);
  }

  #sub(argument: unknown): string {
    const [pattern, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ];
    return pattern.replaceAll(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return String(this.resolve(variables[name]));
      return String(name.includes('.') ? this.#call('Fn::GetAtt', name) : this.#ref(name));
    });
  }

  #truth(condition: unknown): boolean {
    const [[name, argument] = ['', undefined]] = Object.entries(condition as Record<string, unknown>);
    const parts = Array.isArray(argument) ? argument : [argument];
    switch (name) {
      case 'Fn::Equals':
        return JSON.stringify(this.resolve(parts[0])) === JSON.stringify(this.resolve(parts[1]));
      case 'Fn::And':
        return parts.every((part) => this.#truth(part));
      case 'Fn::Or':
        return parts.some((part) => this.#truth(part));
      case 'Fn::Not':
        return !this.#truth(parts[0]);
      case 'Condition':
        return this.holds(String(argument));
      default:
        throw new Refusal(
          `A condition of the template has ${name || 'nothing'}, which the local host does not evaluate: write it without.`,
        );
    }
  }
}
