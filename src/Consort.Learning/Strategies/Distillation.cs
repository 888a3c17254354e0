using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Students learn from labels and from frozen teachers: L = Σ_m (λ mean_b l_b BCE(y, p_m) + w mean_b Σ_t g_bt d(z_bt, z_bm)), with g a
/// gate over the teachers, Σ_t g_bt = 1, and l_b = 0 in a row without a label, else 1; both means are over all rows of the batch. d is
/// T² CE(σ(z_t/T), σ(z_m/T)), (p_t − p_m)² or (z_t − z_m)².
/// </summary>
/// <remarks>
/// <para>Source: Hinton, Vinyals and Dean 2015, arXiv 1503.02531 (soft labels, T²); Zhu et al. 2020, arXiv 2011.04106, for several
/// teachers and a gate a row.</para>
/// <para>How we read the gate: g_b = softmax_t(w_t z_bt + b_t), from w = 1 and b = 0, learned so that the gated teachers fit the labels:
/// it follows the gradient of mean_b BCE(y, σ(Σ_t g_bt z_bt)) by plain descent. The gradient of the students' distance does not reach
/// it: that would choose the teacher who is easiest to follow. The gate's numbers are part of a checkpoint.</para>
/// <para>The defaults, logits with w = 20 and λ = 0.1, are what keeps most of a teacher's gain (docs/strategies/distillation.md); the
/// minimiser is then the mean logit, so calibrate what is shipped. Hinton's setting is soft labels with w = λ = 1. Without a gate and with
/// squared logits several teachers are one: mean_t (z_t − z)² = (z̄ − z)² + what does not depend on z.</para>
/// <para>With an auxiliary head labels teach the member's own logit alone, and teachers that of the head alone.</para>
/// <para>Terms: "label" = λ Σ_m BCE, "teacher" = the rest. Gradients by z_m: λ (p − y)/B; w g T (σ(z_m/T) − σ(z_t/T))/B,
/// 2 w g (p_m − p_t) p_m (1 − p_m)/B, or 2 w g (z_m − z_t)/B.</para>
/// </remarks>
public sealed class Distillation : Strategy
{
    private static readonly string[] Terms = ["label", "teacher"];
    private readonly DistillationOptions _options;
    private double[] _gate = []; // [teachers] of the row at hand
    private double[] _state = []; // w, then b, [2 · teachers]
    private double[] _stateGradients = [];

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">Defaults when null.</param>
    public Distillation(DistillationOptions? options = null) => _options = options ?? new DistillationOptions();

    /// <inheritdoc/>
    public override string Name => "distillation";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => Terms;

    /// <inheritdoc/>
    public override bool LearnsFromTeachers => true;

    /// <inheritdoc/>
    public override bool LearnsWithoutLabels => true;

    /// <inheritdoc/>
    public override Span<double> State => _state;

    /// <inheritdoc/>
    public override void Open(int teachers)
    {
        _gate = new double[teachers];
        _state = _options.Gate == TeacherGate.Learned ? new double[2 * teachers] : [];
        _stateGradients = new double[_state.Length];
        _state.AsSpan(0, _state.Length / 2).Fill(1);
    }

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) => NoSlices(fusion);

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (_gate.Length != batch.Teachers)
            Open(batch.Teachers);
        if (batch.Rows == 0)
            return;
        if (_options.LabelWeight > 0)
        {
            for (var m = 0; m < (batch.HasAuxiliaryHead ? 1 : batch.Members); m++)
                terms[0] += AddMemberLabelLoss(batch, m, _options.LabelWeight);
        }
        if (_options.Weight > 0 && batch.Teachers > 0)
            terms[1] = AddTeachers(batch);
    }

    private double AddTeachers(BatchLogits batch)
    {
        var scale = _options.Weight / batch.Rows;
        double loss = 0;
        Array.Clear(_stateGradients);
        for (var b = 0; b < batch.Rows; b++)
        {
            Weigh(batch, b);
            for (var t = 0; t < batch.Teachers; t++)
            {
                var target = batch.TeacherLogits(t)[b];
                for (var m = batch.HasAuxiliaryHead ? 1 : 0; m < batch.Members; m++)
                {
                    (var distance, var gradient) = Distance(target, batch.Logits(m)[b], batch.Probabilities(m)[b]);
                    loss += batch.WeightOf(b) * _gate[t] * distance;
                    batch.Gradients(m)[b] += scale * _gate[t] * gradient;
                }
            }
        }
        for (var i = 0; i < _state.Length; i++)
            _state[i] -= _options.GateRate * _stateGradients[i] / batch.Rows;
        return scale * loss;
    }

    private void Weigh(BatchLogits batch, int row)
    {
        var largest = double.NegativeInfinity;
        var label = batch.Labels()[row];
        var isLabelled = batch.IsLabelled(row);
        for (var t = 0; t < _gate.Length; t++)
        {
            var z = batch.TeacherLogits(t)[row];
            _gate[t] = _options.Gate switch
            {
                TeacherGate.Label when isLabelled => -BinaryCrossEntropy.Value(label, z),
                TeacherGate.Learned => _state[t] * z + _state[_gate.Length + t],
                _ => 0,
            };
            largest = Math.Max(largest, _gate[t]);
        }
        double total = 0;
        for (var t = 0; t < _gate.Length; t++)
        {
            _gate[t] = Math.Exp(_gate[t] - largest);
            total += _gate[t];
        }
        for (var t = 0; t < _gate.Length; t++)
            _gate[t] /= total;
        if (_state.Length > 0 && isLabelled)
            AddGateGradients(batch, row, label);
    }

    // Of BCE(y, σ(z̄)), z̄ = Σ g z: ∂/∂a_t = (σ(z̄) − y) g_t (z_t − z̄) for a_t = w_t z_t + b_t.
    private void AddGateGradients(BatchLogits batch, int row, double label)
    {
        double mean = 0;
        for (var t = 0; t < _gate.Length; t++)
            mean += _gate[t] * batch.TeacherLogits(t)[row];
        var error = batch.WeightOf(row) * (Logistic.Sigmoid(mean) - label);
        for (var t = 0; t < _gate.Length; t++)
        {
            var z = batch.TeacherLogits(t)[row];
            var gradient = error * _gate[t] * (z - mean);
            _stateGradients[t] += gradient * z;
            _stateGradients[_gate.Length + t] += gradient;
        }
    }

    private (double Value, double Gradient) Distance(double target, double z, double p) => _options.Distance switch
    {
        TeacherDistance.Logit => SquaredLogitError.Of(target, z),
        TeacherDistance.Probability => SquaredError.Of(Logistic.Sigmoid(target), p),
        _ => SoftLabel.Of(_options.Temperature, target, z),
    };
}
