using Consort.Learning.Losses;
using Consort.Models;

namespace Consort.Learning.Strategies;

/// <summary>
/// Students that learn from labels, from their ensemble and from each other, after an examination (KDEF, formerly EKTF). L = label + teach
/// + peer with label = (1/M) Σ_m BCE(y, p_m); exam value s_m = mean_b (1 − |y − p_m|); teach = Σ_m a_m T_m, a = softmin(s), T_m = mean_b
/// (p_m − [p_ens])²; peer = (1/M) Σ_i Σ_{j≠i} w_ij D_ij, w_i· = softmax_{j≠i}(s_j − s_i), D_ij = mean_b (p_i − [p_j])²; [·] is a constant
/// (stop-gradient) and p_ens = sigmoid(mean_m z_m).
/// </summary>
/// <remarks>
/// <para>Source: Li et al., arXiv 2411.16122, and the authors' code (github.com/salmon1802/KDEF), which fixes what the paper leaves open:
/// the ensemble is the mean of logits and gets no cross-entropy of its own; every mean is over the batch; targets are detached, exam
/// values are not, so gradients also flow through both softmaxes. The option <see cref="KnowledgeDrivenEnsembleOptions.DetachExam"/>
/// stops that.</para>
/// <para>As softmax ignores a shift, w_i· does not depend on s_i at all: with exam gradients a member is moved by how it is weighed as a
/// peer of others, not by its own standing. With one member there are no peers and the ensemble is the member: teach and peer are 0 (the
/// authors' code cannot run that case).</para>
/// <para>Through the exam: ∂teach/∂s_k = −a_k (T_k − Σ_m a_m T_m); ∂peer/∂s_k = (1/M) Σ_{i≠k} w_ik (D_ik − Σ_j w_ij D_ij);
/// ∂s_k/∂z_kb = sign(y − p) p (1 − p) / B.</para>
/// </remarks>
public sealed class KnowledgeDrivenEnsemble : Strategy
{
    private static readonly string[] Terms = ["label", "teach", "peer"];
    private readonly KnowledgeDrivenEnsembleOptions _options;
    private double[] _exam = []; // [M] s_m
    private double[] _examGradients = []; // [M] dL/ds_m
    private double[] _teachWeights = []; // [M] a_m
    private double[] _teachErrors = []; // [M] T_m
    private double[] _peerWeights = []; // [M, M] w_ij
    private double[] _peerErrors = []; // [M, M] D_ij

    /// <summary>Creates the strategy.</summary>
    /// <param name="options">Weights and examination; the authors' code when null.</param>
    public KnowledgeDrivenEnsemble(KnowledgeDrivenEnsembleOptions? options = null) =>
        _options = options ?? new KnowledgeDrivenEnsembleOptions();

    /// <inheritdoc/>
    public override string Name => "kdef";

    /// <inheritdoc/>
    public override IReadOnlyList<string> TermNames => Terms;

    /// <inheritdoc/>
    public override (string Key, string Message)? Mistake(int members, Fusion fusion) => fusion == Fusion.Mean
        ? null
        : ("fusion", $"found {fusion.Name()}, expected mean: kdef teaches by the mean of the members' logits");

    /// <inheritdoc/>
    public override void Apply(BatchLogits batch, Span<double> terms)
    {
        terms = Begin(terms);
        if (batch.Rows == 0)
            return;
        var members = batch.Members;
        for (var m = 0; m < members; m++)
            terms[0] += AddMemberLabelLoss(batch, m, 1.0 / members);
        if (members == 1)
            return;
        Reserve(members);
        HoldExam(batch);
        if (_options.Teach != 0)
            terms[1] = _options.Teach * AddTeach(batch);
        if (_options.Peer != 0)
            terms[2] = _options.Peer * AddPeer(batch);
        if (_options.Exam && !_options.DetachExam)
            AddExamGradients(batch);
    }

    private void HoldExam(BatchLogits batch)
    {
        ReadOnlySpan<double> labels = batch.Labels();
        for (var m = 0; m < batch.Members; m++)
        {
            ReadOnlySpan<double> p = batch.Probabilities(m);
            double sum = 0;
            for (var b = 0; b < labels.Length; b++)
                sum += batch.WeightOf(b) * (1 - Math.Abs(labels[b] - p[b]));
            _exam[m] = sum / labels.Length;
            _examGradients[m] = 0;
        }
    }

    private double AddTeach(BatchLogits batch)
    {
        var members = batch.Members;
        Weigh(_exam.AsSpan(0, members), -1, skip: -1, _teachWeights.AsSpan(0, members));
        double teach = 0;
        for (var m = 0; m < members; m++)
        {
            var weight = _teachWeights[m];
            _teachErrors[m] = AddSquaredError(batch, m, batch.EnsembleProbabilities(), _options.Teach * weight);
            teach += weight * _teachErrors[m];
        }
        for (var k = 0; k < members; k++)
            _examGradients[k] -= _options.Teach * _teachWeights[k] * (_teachErrors[k] - teach);
        return teach;
    }

    private double AddPeer(BatchLogits batch)
    {
        var members = batch.Members;
        double peer = 0;
        for (var i = 0; i < members; i++)
        {
            var weights = _peerWeights.AsSpan(i * members, members);
            var errors = _peerErrors.AsSpan(i * members, members);
            Weigh(_exam.AsSpan(0, members), 1, skip: i, weights);
            double learned = 0;
            for (var j = 0; j < members; j++)
            {
                if (j != i)
                {
                    errors[j] = AddSquaredError(batch, i, batch.Probabilities(j), _options.Peer / members * weights[j]);
                    learned += weights[j] * errors[j];
                }
            }
            for (var k = 0; k < members; k++)
            {
                if (k != i)
                    _examGradients[k] += _options.Peer / members * weights[k] * (errors[k] - learned);
            }
            peer += learned / members;
        }
        return peer;
    }

    /// <summary>Softmax of sign·s over all members but one, or uniform weights without an examination.</summary>
    private void Weigh(ReadOnlySpan<double> exam, double sign, int skip, Span<double> weights)
    {
        double total = 0;
        for (var m = 0; m < exam.Length; m++)
        {
            // Exam values lie in [0, 1]: exp cannot overflow and needs no shift.
            weights[m] = m == skip ? 0 : _options.Exam ? Math.Exp(sign * exam[m]) : 1;
            total += weights[m];
        }
        for (var m = 0; m < weights.Length; m++)
            weights[m] /= total;
    }

    /// <summary>Returns mean_b (p − target)² and adds weight times its gradient; the target is a constant.</summary>
    private static double AddSquaredError(BatchLogits batch, int learner, ReadOnlySpan<double> target, double weight) =>
        SquaredError.Add(weight / batch.Rows, target, batch.Probabilities(learner), batch.Gradients(learner),
            batch.Weights()) / batch.Rows;

    private void AddExamGradients(BatchLogits batch)
    {
        ReadOnlySpan<double> labels = batch.Labels();
        for (var m = 0; m < batch.Members; m++)
        {
            ReadOnlySpan<double> p = batch.Probabilities(m);
            var gradients = batch.Gradients(m);
            var scale = _examGradients[m] / labels.Length;
            for (var b = 0; b < labels.Length; b++)
            {
                // Not Math.Sign: it throws on NaN, and a diverged member is the trainer's business.
                var towards = p[b] < labels[b] ? scale : p[b] > labels[b] ? -scale : 0;
                gradients[b] += towards * p[b] * (1 - p[b]);
            }
        }
    }

    private void Reserve(int members)
    {
        if (_exam.Length < members)
        {
            _exam = new double[members];
            _examGradients = new double[members];
            _teachWeights = new double[members];
            _teachErrors = new double[members];
            _peerWeights = new double[members * members];
            _peerErrors = new double[members * members];
        }
    }
}
