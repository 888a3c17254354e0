using System.Globalization;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Data.Datasets;
using Consort.Learning.Checkpoints;
using Consort.Learning.Evaluation;

namespace Consort.Learning.Training;

// What keeps numbers that are not finite, and choices that cannot be made, out of a run.
public sealed partial class Trainer
{
    /// <summary>Throws if the validation rows cannot tell which weights are best.</summary>
    /// <param name="data">The data.</param>
    /// <param name="monitor">What is to decide.</param>
    /// <exception cref="ConsortException">There are none, or they are of one class and AUC is to decide.</exception>
    public static void CheckSplits(EncodedDataset data, Monitor monitor)
    {
        if (data.Valid is not { } valid)
            throw new ConsortException($"{data.Folder}: found no validation split, expected one to choose the best weights by");
        if (monitor == Monitor.LogLoss || (valid.Clicks > 0 && valid.Clicks < valid.Rows))
            return;
        throw new ConsortException(string.Create(
            CultureInfo.InvariantCulture,
            $"the {valid.Rows:N0} validation rows have {(valid.Clicks == 0 ? "no clicks" : "nothing but clicks")}, so monitor: {(monitor == Monitor.Auc ? "auc" : "member_auc")} cannot choose the best weights; use monitor: logloss under training, or other validation rows"));
    }

    /// <summary>
    /// Makes the first weights of a run that begins, and reads all that it starts from or learns from once, so that what cannot be
    /// used is refused before anything is written. <see cref="Run"/> does it where it has not been done.
    /// </summary>
    /// <exception cref="ConsortException">Weights or vectors are missing, damaged, or do not fit the family.</exception>
    public void Prepare()
    {
        if (_isReady)
            return;
        _clock.Start();
        foreach (var phase in _phases)
        {
            // Into the weights themselves, which are drawn below: a store for the trial would take as much memory again.
            for (var member = 0; member < phase.From.Count; member++)
                Checkpoint.LoadMember(phase.From[member], _store, member);

            foreach (var teacher in phase.Teachers)
            {
                var model = _findTeacher!(teacher);
                using var trial = new ParameterStore<float>(model.Graph);
                Checkpoint.Load(model.Checkpoint, trial);
            }
        }

        _store.Initialize(_options.Seed, _workers);
        _isReady = true;
    }

    private ConsortException Diverged(string what) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"training diverged in epoch {_state.Epoch + 1}, step {_state.Batch + 1}: {what}; lower learning_rate, or check numeric columns for extreme values"));

    private ConsortMetrics EvaluateValid(Phase phase, CancellationToken cancellation)
    {
        try
        {
            return _pass.Evaluate(_data.Valid!, _data.Encoder, phase.Strategy.Fusion, cancellation).Metrics;
        }
        catch (ConsortException e)
        {
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture, $"evaluation after epoch {_state.Epoch + 1}, step {_state.Batch}: {e.Message}"), e);
        }
    }

    private void Save(string path, Optimizer<float>? optimizer, string state)
    {
        if (IsMeasureOnly)
            return;
        try
        {
            Checkpoint.Save(path, _store, optimizer, state);
        }
        catch (NotFiniteNumberException e)
        {
            throw Diverged(e.Message);
        }
    }
}
