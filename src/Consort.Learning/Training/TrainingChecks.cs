using System.Globalization;
using Consort.Data.Datasets;
using Consort.Models;

namespace Consort.Learning.Training;

/// <summary>Refuses what cannot be trained, before anything of it is made.</summary>
public static class TrainingChecks
{
    /// <summary>Throws if the validation rows cannot tell which weights are best.</summary>
    /// <param name="data">The data.</param>
    /// <param name="monitor">What is to decide.</param>
    /// <exception cref="ConsortException">There are none, or they are of one class and AUC is to decide.</exception>
    public static void Splits(EncodedDataset data, Monitor monitor)
    {
        if (data.Valid is not { } valid)
            throw new ConsortException($"{data.Folder}: found no validation split, expected one to choose the best weights by");
        if (monitor == Monitor.GroupAuc && !data.Space.HasGroups)
            throw new ConsortException("monitor: found gauc, but no field of kind group in the schema, expected one whose texts are the groups, or another monitor");
        if (monitor == Monitor.LogLoss || (valid.Clicks > 0 && valid.Clicks < valid.Rows))
            return;
        throw new ConsortException(string.Create(
            CultureInfo.InvariantCulture,
            $"the {valid.Rows:N0} validation rows have {(valid.Clicks == 0 ? "no clicks" : "nothing but clicks")}, so monitor: {monitor switch { Monitor.Auc => "auc", Monitor.GroupAuc => "gauc", _ => "member_auc" }} cannot choose the best weights; use monitor: logloss under training, or other validation rows"));
    }

    /// <summary>Throws if a phase cannot learn from the rows that it names, or none learns from rows without labels.</summary>
    /// <param name="phases">The phases.</param>
    /// <param name="hasTransfer">Whether there are rows without labels.</param>
    /// <exception cref="ConsortException">The phase, its strategy, and what was expected.</exception>
    public static void Rows(IReadOnlyList<Phase> phases, bool hasTransfer)
    {
        foreach (var phase in phases.Where(p => p.Rows is PhaseRows.Transfer or PhaseRows.All))
        {
            if (!hasTransfer)
                throw new ConsortException($"phase {phase.Name}, rows: found {Word(phase)}, expected rows without labels beside the training rows: `data: {{ transfer: file }}`");
            if (!phase.Strategy.LearnsWithoutLabels)
                throw new ConsortException($"phase {phase.Name}, rows: found {Word(phase)}, expected train: strategy {phase.Strategy.Name} learns nothing from rows without labels");
        }

        if (hasTransfer && phases.All(p => p.Rows == PhaseRows.Auto && !p.Strategy.LearnsWithoutLabels))
            throw new ConsortException($"data, transfer: found rows without labels, of which no phase learns (strategy {string.Join(", ", phases.Select(p => p.Strategy.Name).Distinct())}); expected a strategy that learns without labels, such as distillation");

        static string Word(Phase phase) => phase.Rows == PhaseRows.All ? "all" : "transfer";
    }

    /// <summary>What to say of a phase that <see cref="WithoutStatistics"/> finds.</summary>
    internal const string NoStatistics = "found stay in a first phase that trains weights as they were drawn, expected follow: nothing has moved the running statistics yet";

    /// <summary>The place of a phase that normalises by running statistics which nothing has moved; −1 for none.</summary>
    internal static int WithoutStatistics(IReadOnlyList<Phase> phases)
    {
        // What stands before the first that trains may have brought statistics along.
        var first = phases.TakeWhile(p => p.Epochs == 0).Count();
        return first < phases.Count && phases[first].Overrides.BatchNorm == NormStatistics.Stay
            && phases.Take(first + 1).All(p => p.From.Count == 0) ? first : -1;
    }

    /// <summary>Throws if a phase does not fit the family, or the phase before it.</summary>
    internal static void Phases(IReadOnlyList<Phase> phases, Family family)
    {
        for (var i = 0; i < phases.Count; i++)
        {
            var (phase, members) = (phases[i], family.Members.Count);
            if (phase.Strategy.Mistake(members, family.Fusion) is { } mistake)
                throw new ConsortException($"phase {phase.Name}, {mistake.Key}: {mistake.Message}");
            if (phase.WarmMistake(i) is { } warm)
                throw new ConsortException($"phase {phase.Name}, {warm}");
            if (phase.From.Count > 0 && phase.From.Count != members)
                throw new ConsortException($"phase {phase.Name}, from: found {phase.From.Count} runs, expected {members}, one a member");
            if (phase.Strategy.LearnsFromTeachers && phase.Teachers.Count == 0)
                throw new ConsortException($"phase {phase.Name}, teachers: found none, expected at least one for strategy {phase.Strategy.Name}");
            if (!phase.Strategy.LearnsFromTeachers && phase.Teachers.Count > 0)
                throw new ConsortException($"phase {phase.Name}, teachers: found {phase.Teachers.Count}, expected none for strategy {phase.Strategy.Name}");
            if (phase.OutOfFold && phase.Teachers.Count < 2)
                throw new ConsortException($"phase {phase.Name}, out_of_fold: found {phase.Teachers.Count} teachers, expected one for each part, at least 2");
            if (phase.KeepOptimizer && i == 0)
                throw new ConsortException($"phase {phase.Name}, keep_optimizer: found true in the first phase, expected a phase before it to keep the optimizer of");
            // What stands still has no moments to keep.
            if (phase.KeepOptimizer && !phase.Frozen.SetEquals(phases[i - 1].Frozen))
                throw new ConsortException($"phase {phase.Name}, keep_optimizer: found true with other frozen members than those of phase {phases[i - 1].Name}, expected the same `freeze`");
        }
    }
}
