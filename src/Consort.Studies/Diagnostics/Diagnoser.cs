using Consort.Experiments.Running;
using Consort.Learning.Diagnostics;
using Consort.Models;

namespace Consort.Studies.Diagnostics;

/// <summary>Looks into a finished run: one pass over the rows for all outputs, then the layers on a sample of them.</summary>
public static class Diagnoser
{
    /// <summary>Measures a run; nothing is written.</summary>
    /// <param name="request">What and on which rows.</param>
    /// <param name="progress">Told the rows measured so far, or null.</param>
    /// <param name="cancellation">Stops between batches and between layers.</param>
    /// <exception cref="ConsortException">The run, the rows or the group's column are not there, or the rows hold a mistake.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static Diagnosis Run(DiagnosisRequest request, IProgress<long>? progress, CancellationToken cancellation)
    {
        Check(request);
        using var run = new FinishedRun(request.Run, request.Threads, catalogues: request.Catalogues);
        var unfinished = UnfinishedRun.Words(request.Run, catalogues: request.Catalogues);
        if (unfinished is not null)
            request.Notice?.Invoke(unfinished);
        var space = run.Encoder.Space;
        var column = request.Group is null ? -1 : Column(run, request.Group);
        var outputs = new RecordedOutputs(run.Program.Members, space, column,
            run.Encoder.Schema.Fields.FirstOrDefault(f => f.MarksGroups)?.Name);
        var sample = new RowSample(request.Rows, space);
        var dealt = request.ImportanceRows > 0 ? new RowSample(request.ImportanceRows, space) : null;
        using var source = DiagnosedSource.Open(run, request, cancellation);
        while (source.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            run.Pass.Fuse(batch);
            run.Pass.CheckFinite(batch, run.Encoder, source.RowName(outputs.Rows));
            outputs.Add(batch, run.Pass.Logits);
            sample.Add(batch);
            dealt?.Add(batch);
            progress?.Report(outputs.Rows);
        }

        if (outputs.Rows == 0)
            throw new ConsortException($"{source.Name}: found no rows, expected at least one");
        var train = request.TrainRows > 0 && source.Train is { } rows ? TrainedRows.Of(run, rows, request.TrainRows, cancellation) : null;
        var layers = LayerMeasures.Of(run, sample, train, request.Threads, cancellation);
        var ensemble = outputs.Measure(-1);
        var members = Enumerable.Range(0, outputs.Members).Select(m => Member(run, outputs, layers, m)).ToArray();
        return new Diagnosis
        {
            Run = Path.GetFileName(run.Folder.Path),
            Experiment = run.Experiment.Name,
            Seed = run.Experiment.Training.Seed,
            Strategies = [.. run.Experiment.Phases.Select(p => p.Strategy.Name)],
            Fusion = run.Fusion.Name(),
            Data = new DiagnosedRows(source.Name, outputs.Rows, ensemble.Metrics.Clicks, sample.Rows),
            Ensemble = ensemble,
            Members = members,
            Spread = SpreadOf(members),
            Agreements = Agreements(outputs, layers, request.Threads, cancellation),
            SharedLayers = layers.Shared,
            Train = train is null ? null : TrainFit.Of(
                train.Rows, train.MemberLogLoss, train.EnsembleLogLoss, members.Average(m => m.Output.Metrics.LogLoss)),
            Importance = dealt is null ? null : ImportanceTrial.Of(run, dealt, request.Together, cancellation),
            Unfinished = unfinished,
            Outputs = new RunOutputs(RunOutputs.Without(run.Experiment.Options), [.. outputs.Labels], [.. outputs.Logits(-1)]),
        };
    }

    private static void Check(DiagnosisRequest request)
    {
        if (request.Rows is < DiagnosisRequest.MinRows or > DiagnosisRequest.MaxRows)
            throw new ConsortException($"rows: found {request.Rows}, expected {DiagnosisRequest.MinRows} to {DiagnosisRequest.MaxRows}");
        if (request.TrainRows is < 0 or > DiagnosisRequest.MaxTrainRows)
            throw new ConsortException($"train rows: found {request.TrainRows}, expected 0 to {DiagnosisRequest.MaxTrainRows}");
        if (request.ImportanceRows is not 0 and (< DiagnosisRequest.MinRows or > DiagnosisRequest.MaxImportanceRows))
            throw new ConsortException($"importance: found {request.ImportanceRows} rows, expected 0, or {DiagnosisRequest.MinRows} to {DiagnosisRequest.MaxImportanceRows}");
        if (request.Split is not (null or "test" or "valid"))
            throw new ConsortException($"split: found \"{request.Split}\", expected test or valid");
    }

    private static int Column(FinishedRun run, string name)
    {
        var columns = run.Encoder.Space.Categorical;
        for (var i = 0; i < columns.Count; i++)
            if (columns[i].Name == name && columns[i].List is null)
                return i;
        throw new ConsortException($"group {name}: found no such categorical column, expected one of {string.Join(", ", columns.Where(c => c.List is null).Select(c => c.Name))}");
    }

    private static MemberDiagnosis Member(FinishedRun run, RecordedOutputs outputs, LayerMeasures layers, int member)
    {
        var last = layers.Last[member];
        return new MemberDiagnosis(
            member, run.Experiment.Family.Members[member].Name, outputs.Measure(member), outputs.FromEnsemble(member),
            layers.Members[member],
            last?.Names ?? [], last?.Spectrum.InformationAbundance, last?.Centred.InformationAbundance, last?.Centred.EffectiveRank);
    }

    private static MemberSpread SpreadOf(MemberDiagnosis[] members)
    {
        var auc = new Experiments.Statistics.Replicates([.. members.Select(m => m.Output.Metrics.Auc)]);
        var loss = new Experiments.Statistics.Replicates([.. members.Select(m => m.Output.Metrics.LogLoss)]);
        return new MemberSpread(
            auc.Mean, auc.Deviation, auc.Values.Min(), auc.Values.Max(), loss.Mean, loss.Deviation,
            members.Average(m => m.Discrepancy.Mean), members.Max(m => m.Discrepancy.Max),
            members.Average(m => m.KnowledgeAbundance), members.Average(m => m.CentredAbundance), members.Average(m => m.EffectiveRank));
    }

    private static Agreement[] Agreements(RecordedOutputs outputs, LayerMeasures layers, int threads, CancellationToken cancellation)
    {
        var pairs = (from first in Enumerable.Range(0, outputs.Members)
                     from second in Enumerable.Range(first + 1, outputs.Members - first - 1)
                     select (first, second)).ToArray();
        var results = new Agreement[pairs.Length];
        Parallel.For(0, pairs.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i =>
        {
            var (first, second) = pairs[i];
            var x = outputs.Logits(first);
            var y = outputs.Logits(second);
            results[i] = new Agreement(
                first, second, LogitAgreement.Correlation(x, y), LogitAgreement.Difference(x, y).Mean, LogitAgreement.RankAgreement(x, y),
                layers.Last[first] is { } one && layers.Last[second] is { } other
                ? Representation.Cka(one.Values, one.Centred, other.Values, other.Centred) : null);
        });
        return results;
    }
}
