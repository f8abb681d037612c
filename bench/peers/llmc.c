// llm.c's CPU trainer with random weights. Built inside llm.c's folder, with
// TESTING set, which leaves out its own main. Arguments: layers, width, heads,
// context, batch, vocabulary. Says on stdout when it is ready, and answers each
// line on stdin, a number of runs, with the seconds they took.
#include "train_gpt2.c"

static uint64_t random_state = 1;

static uint32_t random_bits(void) {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(random_state >> 33);
}

// The sum of twelve uniform numbers is close enough to a normal one.
static float random_normal(float deviation) {
    float sum = -6.0f;
    for (int i = 0; i < 12; i++) sum += (float)random_bits() / 2147483648.0f;
    return deviation * sum;
}

static void initialize(GPT2 *model) {
    size_t count = 0;
    fill_in_parameter_sizes(model->param_sizes, model->config);
    for (int i = 0; i < NUM_PARAMETER_TENSORS; i++) count += model->param_sizes[i];
    model->num_parameters = count;
    model->params_memory =
        malloc_and_point_parameters(&model->params, model->param_sizes);
    // In llm.c's order, biases and the norms' weights have these numbers.
    float *next = model->params_memory;
    for (int i = 0; i < NUM_PARAMETER_TENSORS; i++) {
        int is_scale = i == 2 || i == 8 || i == 14;
        int is_bias = i == 3 || i == 5 || i == 7 || i == 9 || i == 11 ||
            i == 13 || i == 15;
        for (size_t j = 0; j < model->param_sizes[i]; j++) {
            *next++ = is_scale ? 1.0f : is_bias ? 0.0f : random_normal(0.02f);
        }
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    GPT2 model = {0};
    model.config.num_layers = atoi(argv[1]);
    model.config.channels = atoi(argv[2]);
    model.config.num_heads = atoi(argv[3]);
    model.config.max_seq_len = atoi(argv[4]);
    model.config.vocab_size = atoi(argv[6]);
    model.config.padded_vocab_size = (model.config.vocab_size + 127) / 128 * 128;
    model.mean_loss = -1.0f;
    initialize(&model);
    int context = model.config.max_seq_len;
    int batch = atoi(argv[5]);
    int count = batch * context;
    int *text = malloc(sizeof(int) * (size_t)(count + 1));
    for (int i = 0; i <= count; i++) {
        text[i] = (int)(random_bits() % (uint32_t)model.config.vocab_size);
    }
    int step = 0;
    int times = 1;
    do {
        double start = now();
        for (int i = 0; i < times; i++) {
            gpt2_forward(&model, text, text + 1, (size_t)batch, (size_t)context);
            gpt2_zero_grad(&model);
            gpt2_backward(&model);
            gpt2_update(&model, 1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, ++step);
            if (step == 1) {
                printf("{\"version\":\"CPU\",\"first\":%f}\n", model.mean_loss);
            }
        }
        if (step > 1) printf("{\"seconds\":%.9f}\n", now() - start);
        fflush(stdout);
    } while (scanf("%d", &times) == 1);
    return 0;
}
