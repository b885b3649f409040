import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, Chart, Names, YamlOutputType } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { emitYaml } from './yaml-emitter';

/** What one walk over the construct tree finds. */
export interface RenderedChart {
  readonly chart: Chart;
  readonly objects: readonly ApiObject[];
}

/**
 * A cdk8s App that synthesises in one pass: validates once, asks each object for its JSON once, and prints with
 * {@link emitYaml}. The stock App repeats the first two per chart and prints through a document model.
 * Apps with dependencies between constructs, or with charts in charts, are left to the stock synthesis, which orders
 * and numbers them.
 */
export class FastApp extends App {
  override synth(): void {
    const constructs = this.node.findAll();
    if (constructs.some((construct) => construct.node.dependencies.length > 0 || isNestedChart(construct))) {
      super.synth();
      return;
    }
    this.validateAll(constructs);
    mkdirSync(this.outdir, { recursive: true });
    const charts = chartsOf(constructs);
    switch (this.yamlOutputType) {
      case YamlOutputType.FILE_PER_APP:
        if (charts.length > 0)
          this.#write(
            'app',
            charts.flatMap(({ objects }) => objects),
          );
        break;
      case YamlOutputType.FILE_PER_CHART:
        for (const { chart, objects } of charts) this.#write(chartName(chart), objects);
        break;
      case YamlOutputType.FILE_PER_RESOURCE:
        for (const { objects } of charts) for (const object of objects) this.#write(objectName(object), [object]);
        break;
      case YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE:
        for (const { chart, objects } of charts) {
          mkdirSync(join(this.outdir, chartName(chart)), { recursive: true });
          for (const object of objects) this.#write(join(chartName(chart), objectName(object)), [object]);
        }
        break;
    }
    if (process.env['CDK8S_RECORD_CONSTRUCT_METADATA'] === 'true') this.#recordMetadata(charts);
  }

  /** Runs every construct's validation and throws one error that lists all failures with their paths. */
  protected validateAll(constructs: readonly IConstruct[]): void {
    const errors = constructs.flatMap((construct) =>
      construct.node.validate().map((error) => `[${construct.node.path}] ${error}`),
    );
    if (errors.length > 0) throw new Error(`Validation failed with the following errors:\n  ${errors.join('\n  ')}`);
  }

  #write(name: string, objects: readonly ApiObject[]): void {
    const documents = objects.map((object) => emitYaml(object.toJson()));
    writeFileSync(join(this.outdir, `${name}${this.outputFileExtension}`), documents.join('---\n'));
  }

  #recordMetadata(charts: readonly RenderedChart[]): void {
    const resources: { [name: string]: { path: string } } = {};
    for (const { objects } of charts) for (const object of objects) resources[object.name] = { path: object.node.path };
    writeFileSync(join(this.outdir, 'construct-metadata.json'), JSON.stringify({ version: '1.0.0', resources }));
  }
}

/** Charts in tree order with the objects they own; a nested chart owns its objects, not the chart around it. */
export function chartsOf(constructs: readonly IConstruct[]): readonly RenderedChart[] {
  const charts = new Map<Chart, ApiObject[]>();
  for (const construct of constructs) {
    if (Chart.isChart(construct)) charts.set(construct, []);
    else if (ApiObject.isApiObject(construct)) charts.get(construct.chart)?.push(construct);
  }
  return [...charts].map(([chart, objects]) => ({ chart, objects }));
}

function isNestedChart(construct: IConstruct): boolean {
  return Chart.isChart(construct) && construct.node.scopes.slice(0, -1).some((scope) => Chart.isChart(scope));
}

function chartName(chart: Chart): string {
  return Names.toDnsLabel(chart);
}

function objectName(object: ApiObject): string {
  return `${object.kind}.${object.name}`.replace(/[^0-9a-zA-Z-_.]/g, '');
}
